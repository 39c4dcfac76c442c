/** Questions about syntax trees that several parts of the codemod ask. */
import { ts } from 'ts-morph';

/** Every node below `root`, documentation comments included, parents first. */
export function visit(root: ts.Node, see: (node: ts.Node) => void): void {
  const go = (node: ts.Node): void => {
    see(node);
    // forEachChild leaves them out, yet a reference in one is a reference.
    for (const comment of (node as { jsDoc?: readonly ts.JSDoc[] }).jsDoc ?? []) go(comment);
    ts.forEachChild(node, go);
  };
  go(root);
}

/** The whole of `A.b`, `A['b']` or type `A.b` when `node` is its `b`. */
export function accessOf(node: ts.Node): Access | null {
  const { parent } = node;
  if (ts.isPropertyAccessExpression(parent) && parent.name === node) return parent;
  if (ts.isElementAccessExpression(parent) && parent.argumentExpression === node) return parent;
  if (ts.isQualifiedName(parent) && parent.right === node) return parent;
  return null;
}

export type Access = ts.PropertyAccessExpression | ts.ElementAccessExpression | ts.QualifiedName;

export function leftOf(access: Access): ts.Node {
  return ts.isQualifiedName(access) ? access.left : access.expression;
}

/** The `b` of `A.b` and of `A['b']`. */
export function memberName(access: Access): string | null {
  if (ts.isQualifiedName(access)) return access.right.text;
  if (ts.isPropertyAccessExpression(access)) return ts.isIdentifier(access.name) ? access.name.text : null;
  return ts.isStringLiteralLike(access.argumentExpression) ? access.argumentExpression.text : null;
}

export function isInsideComment(node: ts.Node): boolean {
  return ts.findAncestor(node, ts.isJSDoc) !== undefined;
}

/** `require('...')`, `import('...')`: the call around a specifier. */
export function loadCall(specifier: ts.Node): ts.CallExpression | null {
  const call = specifier.parent;
  if (!ts.isCallExpression(call) || call.arguments[0] !== specifier) return null;
  const isImport = call.expression.kind === ts.SyntaxKind.ImportKeyword;
  const isRequire = ts.isIdentifier(call.expression) && call.expression.text === 'require';
  return isImport || isRequire ? call : null;
}

export function isDynamicImport(call: ts.CallExpression): boolean {
  return call.expression.kind === ts.SyntaxKind.ImportKeyword;
}

/** The names of a declaration such as `{ a, b: c }` when it has no default, rest or nested pattern. */
export function plainElements(pattern: ts.ObjectBindingPattern): readonly ts.BindingElement[] | null {
  const isPlain = ({ initializer, dotDotDotToken, name, propertyName }: ts.BindingElement) =>
    initializer === undefined &&
    dotDotDotToken === undefined &&
    ts.isIdentifier(name) &&
    (propertyName === undefined || ts.isIdentifier(propertyName));
  return pattern.elements.every(isPlain) ? pattern.elements : null;
}
