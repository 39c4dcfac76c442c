/** What a use does with an export, from where it stands in the syntax tree. */
import { ts } from 'ts-morph';
import { isInsideComment } from './syntax.ts';

export type Role =
  /** `new X(...)` */
  | 'construct'
  /** `X(...)` */
  | 'call'
  /** `X` as a type; also in `implements X` */
  | 'type'
  /** `InstanceType<typeof X>`, `ReturnType<typeof x>` */
  | 'result_type'
  /** any other `typeof X` in a type */
  | 'type_query'
  /** `X.y`, `X['y']` */
  | 'member'
  /** `value instanceof X` */
  | 'instanceof'
  /** `class ... extends X` */
  | 'extends'
  /** `export { X }`, `export default X` */
  | 'export'
  /** in a documentation comment, where it is no type */
  | 'doc'
  /** anything else */
  | 'value';

/** `head` is all of `L.X`, or the name where nothing leads to it. */
export function roleOf(head: ts.Node): Role {
  const { parent } = head;
  if (isMention(head)) return 'doc';
  if (ts.isImportTypeNode(head)) return head.isTypeOf ? queryRole(head) : 'type';
  if (ts.isTypeReferenceNode(parent)) return 'type';
  if (ts.isTypeQueryNode(parent)) return queryRole(parent);
  if (ts.isNewExpression(parent) && parent.expression === head) return 'construct';
  if (ts.isCallExpression(parent) && parent.expression === head) return 'call';
  if (isLeftOfAccess(head)) return 'member';
  if (ts.isBinaryExpression(parent) && parent.right === head && isInstanceof(parent)) return 'instanceof';
  if (ts.isExpressionWithTypeArguments(parent)) return heritageRole(parent);
  return ts.isExportSpecifier(parent) || ts.isExportAssignment(parent) ? 'export' : 'value';
}

/** In a documentation comment, but not in a type there. */
function isMention(head: ts.Node): boolean {
  return isInsideComment(head) && ts.findAncestor(head, ts.isJSDocTypeExpression) === undefined;
}

function isLeftOfAccess(head: ts.Node): boolean {
  const { parent } = head;
  if (ts.isQualifiedName(parent)) return parent.left === head;
  const isAccess = ts.isPropertyAccessExpression(parent) || ts.isElementAccessExpression(parent);
  return isAccess && parent.expression === head;
}

function isInstanceof({ operatorToken }: ts.BinaryExpression): boolean {
  return operatorToken.kind === ts.SyntaxKind.InstanceOfKeyword;
}

function heritageRole({ parent }: ts.ExpressionWithTypeArguments): Role {
  const isExtends = ts.isHeritageClause(parent) && parent.token === ts.SyntaxKind.ExtendsKeyword;
  const isClassParent = isExtends && ts.isClassLike(parent.parent);
  return isClassParent ? 'extends' : 'type';
}

const RESULT_TYPES: ReadonlySet<string> = new Set(['InstanceType', 'ReturnType']);

function queryRole(query: ts.TypeNode): Role {
  const { parent } = query;
  if (!ts.isTypeReferenceNode(parent) || !ts.isIdentifier(parent.typeName)) return 'type_query';
  return RESULT_TYPES.has(parent.typeName.text) && parent.typeArguments?.length === 1 ? 'result_type' : 'type_query';
}
