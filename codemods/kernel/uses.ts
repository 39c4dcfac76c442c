/** Where a file uses legacy exports, and in which role. */
import { ts } from 'ts-morph';
import { type Binding, type Bindings, type Lookup, memberOf, type Named } from './bindings.ts';
import type { LegacyExport } from './program.ts';
import { accessOf, isInsideComment, leftOf, memberName, visit } from './syntax.ts';

/** What a use does with the export. */
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

export type Use = {
  readonly legacy: LegacyExport;
  readonly role: Role;
  /** The identifier of the export, or the string in `L['X']`. */
  readonly node: ts.Node;
  /** All of `L.X`; `node` itself where nothing leads to it. */
  readonly head: ts.Node;
  /** The identifiers that lead to it: `L` in `L.X`. */
  readonly through: readonly ts.Identifier[];
  readonly binding: Binding | null;
};

export type Uses = {
  readonly all: readonly Use[];
  /** Names of barrel namespaces where they are used for something that is not legacy. */
  readonly unrelated: ReadonlySet<Binding>;
};

export function findUses(file: ts.SourceFile, bindings: Bindings, lookup: Lookup): Uses {
  const ownNames = new Set<ts.Node>(bindings.all.flatMap(({ names }) => names));
  const texts = new Set([...lookup.names, ...bindings.all.flatMap(({ names }) => names.map(({ text }) => text))]);
  const found: Use[] = [];
  const namespaces: { readonly node: ts.Identifier; readonly binding: Binding }[] = [];
  visit(file, (node) => {
    const isName = ts.isIdentifier(node) || (ts.isStringLiteralLike(node) && accessOf(node) !== null);
    // Asking the checker is what costs here, and most names cannot be meant.
    if (!isName || !mayBeMeant(node, texts) || ownNames.has(node)) return;
    const place = placeOf(node, bindings, lookup);
    if (place !== null) found.push(toUse(node, place));
    else if (ts.isIdentifier(node)) noteNamespace(node, bindings, lookup, namespaces);
  });
  const through = new Set<ts.Node>(found.flatMap((use) => use.through));
  const alone = namespaces.filter(({ node }) => !through.has(node));
  const ofBarrels = alone.filter(({ binding }) => 'barrel' in binding.named);
  return {
    all: [...found, ...alone.flatMap(({ node, binding }) => namespaceUse(node, binding))],
    unrelated: new Set(ofBarrels.map(({ binding }) => binding)),
  };
}

/** A name that is known, or any member of something that is. */
function mayBeMeant(node: ts.Identifier | ts.StringLiteralLike, texts: ReadonlySet<string>): boolean {
  if (texts.has(node.text)) return true;
  const access = accessOf(node);
  const left = access === null ? null : leftOf(access);
  return left !== null && ts.isIdentifier(left) && texts.has(left.text);
}

/** Where an identifier leads: to an export, by way of a binding and the identifiers before it. */
type Place = { readonly named: Named; readonly binding: Binding | null; readonly through: readonly ts.Identifier[] };

/** `null`: to no export of a legacy module. */
function placeOf(node: ts.Node, bindings: Bindings, lookup: Lookup): (Place & { named: LegacyExport }) | null {
  const access = accessOf(node);
  const place = access === null ? named(node, bindings, lookup) : member(access, bindings, lookup);
  if (place === null || 'barrel' in place.named) return null;
  return place.named.name === '*' ? null : { ...place, named: place.named };
}

function member(access: ts.Node, bindings: Bindings, lookup: Lookup): Place | null {
  const step = access as NonNullable<ReturnType<typeof accessOf>>;
  const before = leads(leftOf(step), bindings, lookup);
  const name = memberName(step);
  if (before !== null && name !== null) {
    const found = memberOf(before.named, name, lookup);
    return found === null ? null : { ...before, named: found };
  }
  const right = ts.isQualifiedName(step) ? step.right : ts.isPropertyAccessExpression(step) ? step.name : null;
  return right === null ? null : byType(right, lookup);
}

/** The namespace that `L` or `B.legacy` is. */
function leads(node: ts.Node, bindings: Bindings, lookup: Lookup): Place | null {
  const isAccess =
    ts.isPropertyAccessExpression(node) || ts.isQualifiedName(node) || ts.isElementAccessExpression(node);
  if (isAccess) return namespaceOnly(member(node, bindings, lookup));
  if (!ts.isIdentifier(node)) return null;
  const place = namespaceOnly(named(node, bindings, lookup));
  return place === null ? null : { ...place, through: [node] };
}

function namespaceOnly(place: Place | null): Place | null {
  return place !== null && ('barrel' in place.named || place.named.name === '*') ? place : null;
}

function named(node: ts.Node, bindings: Bindings, lookup: Lookup): Place | null {
  if (!ts.isIdentifier(node)) return null;
  const symbol = symbolAt(node, lookup.checked.checker);
  const binding = symbol && bindings.bySymbol.get(symbol);
  if (binding !== undefined) return { named: binding.named, binding, through: [] };
  return byType(node, lookup);
}

function byType(node: ts.Node, { checked }: Lookup): Place | null {
  const symbol = ts.isIdentifier(node) ? symbolAt(node, checked.checker) : undefined;
  const found = symbol === undefined ? null : checked.exportOf(symbol);
  return found === null ? null : { named: found, binding: null, through: [] };
}

function symbolAt(node: ts.Identifier, checker: ts.TypeChecker): ts.Symbol | undefined {
  const { parent } = node;
  if (ts.isShorthandPropertyAssignment(parent)) return checker.getShorthandAssignmentValueSymbol(parent);
  if (ts.isExportSpecifier(parent)) return checker.getExportSpecifierLocalTargetSymbol(parent);
  return checker.getSymbolAtLocation(node);
}

function noteNamespace(
  node: ts.Identifier,
  bindings: Bindings,
  lookup: Lookup,
  namespaces: { node: ts.Identifier; binding: Binding }[],
): void {
  const symbol = accessOf(node) === null ? symbolAt(node, lookup.checked.checker) : undefined;
  const binding = symbol && bindings.bySymbol.get(symbol);
  if (binding !== undefined) namespaces.push({ node, binding });
}

function namespaceUse(node: ts.Identifier, binding: Binding): readonly Use[] {
  if ('barrel' in binding.named) return [];
  return [{ legacy: binding.named, role: roleOf(node), node, head: node, through: [], binding }];
}

function toUse(node: ts.Node, { named: legacy, binding, through }: Place & { named: LegacyExport }): Use {
  const head = headOf(node);
  return { legacy, role: roleOf(head), node, head, through, binding };
}

function headOf(node: ts.Node): ts.Node {
  const access = accessOf(node);
  if (access !== null) return access;
  // import('...').X
  return ts.isImportTypeNode(node.parent) && node.parent.qualifier === node ? node.parent : node;
}

// ── roles ───────────────────────────────────────────────────────────────────────────────────────────

function roleOf(head: ts.Node): Role {
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
