/** `Role.QA` becomes the string that it is; `Role` as a type becomes the union of its strings. */
import { ts } from 'ts-morph';
import { memberName } from '../syntax.ts';
import type { Use } from '../uses.ts';
import { replace, report, type Verdict } from './rewrite.ts';

export function rewriteEnumMember({ legacy, head }: Use): Verdict {
  const access = head.parent as ts.PropertyAccessExpression | ts.ElementAccessExpression | ts.QualifiedName;
  const members = legacy.module.enums[legacy.name] ?? {};
  const name = memberName(access);
  const value = name !== null && Object.hasOwn(members, name) ? members[name] : undefined;
  if (value === undefined || !isPlainRead(access)) return report('enum-as-value');
  return { needs: [], edits: ({ quote }) => [replace(access, quote + value + quote)] };
}

function isPlainRead(access: ts.Node): boolean {
  const { parent } = access;
  if (ts.isQualifiedName(access)) return ts.isTypeReferenceNode(parent);
  if (ts.isOptionalChain(access) || ts.isDeleteExpression(parent) || ts.isExpressionStatement(parent)) return false;
  if (ts.isPrefixUnaryExpression(parent) || ts.isPostfixUnaryExpression(parent)) return false;
  return !(ts.isBinaryExpression(parent) && parent.left === access && isAssignment(parent));
}

function isAssignment({ operatorToken }: ts.BinaryExpression): boolean {
  const { FirstAssignment, LastAssignment } = ts.SyntaxKind;
  return operatorToken.kind >= FirstAssignment && operatorToken.kind <= LastAssignment;
}

export function rewriteEnumType({ legacy, head }: Use): Verdict {
  const replaced = ts.isImportTypeNode(head) ? head : head.parent;
  if (!ts.isTypeReferenceNode(replaced) && !ts.isImportTypeNode(replaced)) return report('enum-as-value');
  const values = Object.values(legacy.module.enums[legacy.name] ?? {});
  const mayStandBare = values.length === 1 || endsByItself(replaced);
  return {
    needs: [],
    edits: ({ quote }) => {
      const union = values.map((value) => quote + value + quote).join(' | ');
      return [replace(replaced, mayStandBare ? union : `(${union})`)];
    },
  };
}

/** In which a type is read to its end, or is a union anyway. */
const BARE_PARENTS: ReadonlySet<ts.SyntaxKind> = new Set([
  ts.SyntaxKind.UnionType,
  ts.SyntaxKind.TypeReference,
  ts.SyntaxKind.CallExpression,
  ts.SyntaxKind.NewExpression,
  ts.SyntaxKind.TypeAliasDeclaration,
  ts.SyntaxKind.ParenthesizedType,
  ts.SyntaxKind.TypeParameter,
  ts.SyntaxKind.TemplateLiteralTypeSpan,
  ts.SyntaxKind.AsExpression,
  ts.SyntaxKind.SatisfiesExpression,
  ts.SyntaxKind.TypeAssertionExpression,
  ts.SyntaxKind.JSDocTypeExpression,
]);

/** Whether a union may stand in the place of the type without parentheses. */
function endsByItself(type: ts.TypeNode): boolean {
  const { parent } = type;
  if (BARE_PARENTS.has(parent.kind)) return true;
  const isAnnotation =
    ts.isVariableDeclaration(parent) ||
    ts.isParameter(parent) ||
    ts.isPropertySignature(parent) ||
    ts.isPropertyDeclaration(parent) ||
    ts.isFunctionDeclaration(parent) ||
    ts.isMethodDeclaration(parent) ||
    ts.isMethodSignature(parent);
  return isAnnotation && parent.type === type;
}
