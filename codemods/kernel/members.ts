/** How instances are used: by members that are not part of their public interface, and with which arguments. */
import { ts } from 'ts-morph';
import { exportKind, type LegacyModule } from './module.ts';
import type { Checked } from './program.ts';
import { visit } from './syntax.ts';

export type MemberUse = { readonly node: ts.Node; readonly module: LegacyModule };

/** Property does not exist; the same with a suggestion. */
const CODES: ReadonlySet<number> = new Set([2339, 2551]);

/** By name the checker has complained of them already; by a string it does not. */
export function findUnknownMembers(file: ts.SourceFile, checked: Checked): readonly MemberUse[] {
  const complained = checked.diagnostics(file.fileName).flatMap(({ code, start }) => {
    const node = CODES.has(code) && start !== undefined ? nodeAt(file, start) : null;
    return node ?? [];
  });
  const byString: ts.Node[] = [];
  visit(file, (node) => {
    if (ts.isStringLiteralLike(node) && ts.isElementAccessExpression(node.parent)) byString.push(node);
  });
  return [...complained, ...byString].flatMap((node) => {
    const owner = ownerOf(node);
    const module = owner === null ? null : instanceOf(checked.checker.getTypeAtLocation(owner), checked);
    const isKnown = module === null || (ts.isStringLiteralLike(node) && module.methods.includes(node.text));
    return isKnown ? [] : [{ node, module }];
  });
}

/** Calls whose arguments are certainly not one object of named ones. */
export function findPositionalCalls(
  file: ts.SourceFile,
  modules: readonly LegacyModule[],
  checked: Checked,
): readonly MemberUse[] {
  const methods = new Set(modules.flatMap((module) => module.methods));
  const found: MemberUse[] = [];
  visit(file, (node) => {
    if (!ts.isCallExpression(node) || !ts.isPropertyAccessExpression(node.expression)) return;
    const { name, expression: owner } = node.expression;
    if (!methods.has(name.text) || !isPositional(node.arguments, checked.checker)) return;
    const module = instanceOf(checked.checker.getTypeAtLocation(owner), checked);
    if (module !== null) found.push({ node: name, module });
  });
  return found;
}

const NO_OBJECT = ts.TypeFlags.StringLike | ts.TypeFlags.NumberLike | ts.TypeFlags.BooleanLike | ts.TypeFlags.EnumLike;

function isPositional([first, ...others]: readonly ts.Expression[], checker: ts.TypeChecker): boolean {
  if (first === undefined) return false;
  if (others.length > 0 || ts.isSpreadElement(first)) return true;
  const type = checker.getTypeAtLocation(first);
  const parts = type.isUnion() ? type.types : [type];
  return parts.every(({ flags }) => (flags & NO_OBJECT) !== 0);
}

/** The smallest node that begins there. */
function nodeAt(file: ts.SourceFile, start: number): ts.Node | null {
  let found: ts.Node | null = null;
  const go = (node: ts.Node): void => {
    if (node.getStart() === start) found = node;
    if (node.pos <= start && start < node.end) ts.forEachChild(node, go);
  };
  ts.forEachChild(file, go);
  return found;
}

/** What the member is read from. */
function ownerOf(node: ts.Node): ts.Node | null {
  const { parent } = node;
  if (ts.isPropertyAccessExpression(parent)) return parent.name === node ? parent.expression : null;
  if (ts.isElementAccessExpression(parent)) return parent.argumentExpression === node ? parent.expression : null;
  return ts.isBindingElement(parent) ? parent.parent : null;
}

function instanceOf(type: ts.Type, checked: Checked): LegacyModule | null {
  const parts = type.isUnionOrIntersection() ? type.types : [type];
  for (const part of parts) {
    const symbol = part.getSymbol();
    const legacy = symbol === undefined ? null : checked.exportOf(symbol);
    if (legacy !== null && exportKind(legacy.module, legacy.name) === 'class' && !isConstructor(part))
      return legacy.module;
  }
  return null;
}

/** `typeof X` has the symbol of `X`, too. */
function isConstructor(type: ts.Type): boolean {
  return type.getConstructSignatures().length > 0;
}
