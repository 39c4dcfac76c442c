/** Where a name leads: past aliases, namespaces and barrels, to an export of a legacy module or to none. */
import { ts } from 'ts-morph';
import { type Binding, type Bindings, memberOf, type Named } from './bindings.ts';
import type { Lookup } from './lookup.ts';
import { WHOLE_MODULE } from './module.ts';
import type { LegacyExport } from './program.ts';
import { type Access, accessOf, leftOf, memberName } from './syntax.ts';

/** An export or a namespace, with the binding and the identifiers by way of which it is reached. */
type Place = { readonly named: Named; readonly binding: Binding | null; readonly through: readonly ts.Identifier[] };

export type ExportPlace = Place & { readonly named: LegacyExport };

/** `null`: to no export of a legacy module. */
export function exportPlace(node: ts.Node, bindings: Bindings, lookup: Lookup): ExportPlace | null {
  const access = accessOf(node);
  const place = access === null ? nameAt(node, bindings, lookup) : member(access, bindings, lookup);
  if (place === null || 'barrel' in place.named) return null;
  return place.named.name === WHOLE_MODULE ? null : { ...place, named: place.named };
}

/** The binding of a name that stands by itself or leads to others. */
export function bindingOf(node: ts.Identifier, bindings: Bindings, { checked }: Lookup): Binding | null {
  const symbol = accessOf(node) === null ? symbolAt(node, checked.checker) : undefined;
  return (symbol && bindings.bySymbol.get(symbol)) ?? null;
}

function member(access: Access, bindings: Bindings, lookup: Lookup): Place | null {
  const before = namespaceAt(leftOf(access), bindings, lookup);
  const name = memberName(access);
  if (before !== null && name !== null) {
    const found = memberOf(before.named, name, lookup);
    return found === null ? null : { ...before, named: found };
  }
  const right = ts.isQualifiedName(access) ? access.right : ts.isPropertyAccessExpression(access) ? access.name : null;
  return right === null ? null : byType(right, lookup);
}

/** The namespace that `L` or `B.legacy` is. */
function namespaceAt(node: ts.Node, bindings: Bindings, lookup: Lookup): Place | null {
  const isAccess =
    ts.isPropertyAccessExpression(node) || ts.isQualifiedName(node) || ts.isElementAccessExpression(node);
  if (isAccess) return namespaceOnly(member(node, bindings, lookup));
  if (!ts.isIdentifier(node)) return null;
  const place = namespaceOnly(nameAt(node, bindings, lookup));
  return place === null ? null : { ...place, through: [node] };
}

function namespaceOnly(place: Place | null): Place | null {
  return place !== null && ('barrel' in place.named || place.named.name === WHOLE_MODULE) ? place : null;
}

function nameAt(node: ts.Node, bindings: Bindings, lookup: Lookup): Place | null {
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
