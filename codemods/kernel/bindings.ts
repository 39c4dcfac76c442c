/** By which names a file knows legacy exports: imports, requires and destructured loads. */
import { ts } from 'ts-morph';
import type { Lookup } from './lookup.ts';
import { WHOLE_MODULE } from './module.ts';
import type { LegacyExport } from './program.ts';
import type { RuleId } from './rules.ts';
import { isDynamicImport, loadCall, plainElements, visit } from './syntax.ts';

/** A statement that brings in legacy exports and can be rewritten in place. */
export type Load = {
  readonly kind: 'import' | 'require' | 'dynamic';
  readonly statement: ts.ImportDeclaration | ts.VariableStatement;
  readonly specifier: ts.StringLiteralLike;
  /** Where its names stand. */
  readonly clause: ts.ImportClause | ts.BindingName;
};

/** What a name stands for: a legacy export, or the namespace of a file that hands some on. */
export type Named = LegacyExport | { readonly barrel: string };

export type Binding = {
  readonly named: Named;
  /** All identifiers of it: both of `A as B`. */
  readonly names: readonly ts.Identifier[];
  readonly symbol: ts.Symbol;
  /** What is removed when nothing needs the name any more. */
  readonly element: ts.Node;
  readonly load: Load | null;
  /** Why nothing that comes through it can be rewritten. */
  readonly blocked: RuleId | null;
};

export type Bindings = {
  readonly all: readonly Binding[];
  readonly bySymbol: ReadonlyMap<ts.Symbol, Binding>;
  readonly loads: readonly Load[];
};

export function findBindings(file: ts.SourceFile, lookup: Lookup): Bindings {
  const found: Found[] = [];
  visit(file, (node) => found.push(...boundBy(node, lookup)));
  const known = new Set(found.flatMap(({ bindings }) => bindings.map(({ element }) => element)));
  visit(file, (node) => {
    if (ts.isBindingElement(node) && !known.has(node)) found.push(destructured(node, lookup));
  });
  const all = found.flatMap(({ bindings }) => bindings);
  return {
    all,
    bySymbol: new Map(all.map((binding) => [binding.symbol, binding])),
    loads: found.flatMap(({ load }) => load ?? []),
  };
}

/** What one node of the syntax tree binds, and the load that it is. */
type Found = { readonly load: Load | null; readonly bindings: readonly Binding[] };

function boundBy(node: ts.Node, lookup: Lookup): readonly Found[] {
  if (ts.isImportDeclaration(node)) return imported(node, lookup);
  if (ts.isImportEqualsDeclaration(node)) return importEquals(node, lookup);
  return ts.isVariableDeclaration(node) ? loaded(node, lookup) : [];
}

/** A name with what it stands for, before it is known to stand for something legacy. */
type Candidate = { readonly element: ts.Node; readonly names: readonly ts.Identifier[]; readonly named: Named | null };

function found(candidates: readonly Candidate[], load: Load | null, blocked: RuleId | null, lookup: Lookup): Found {
  const bindings = candidates.flatMap(({ element, names, named }) => {
    const local = names.at(-1);
    const symbol = local && lookup.checked.checker.getSymbolAtLocation(local);
    return named === null || symbol === undefined ? [] : [{ named, names, symbol, element, load, blocked }];
  });
  return { load, bindings };
}

// ── import declarations ─────────────────────────────────────────────────────────────────────────────

function imported(statement: ts.ImportDeclaration, lookup: Lookup): readonly Found[] {
  const { importClause: clause, moduleSpecifier: specifier } = statement;
  if (clause === undefined || !ts.isStringLiteral(specifier)) return [];
  const source = sourceOf(specifier, lookup);
  if (source === null) return [];
  const candidates = importCandidates(clause, source, lookup);
  if (isUnusualImport(statement)) return [found(candidates, null, 'import-form', lookup)];
  const load: Load = { kind: 'import', statement, specifier, clause };
  return [found(candidates, load, null, lookup)];
}

function importCandidates(clause: ts.ImportClause, source: Named, lookup: Lookup): readonly Candidate[] {
  const { name, namedBindings: named } = clause;
  const byDefault = name && { element: clause, names: [name], named: memberOf(source, 'default', lookup) };
  const others = named === undefined ? [] : ts.isNamespaceImport(named) ? [named] : named.elements;
  return [
    ...(byDefault === undefined ? [] : [byDefault]),
    ...others.map((element) => ({
      element,
      names: ts.isNamespaceImport(element) ? [element.name] : identifiers(element),
      named: ts.isNamespaceImport(element) ? source : memberOf(source, importedName(element), lookup),
    })),
  ];
}

/** With attributes, or `import defer`, `import source`. */
export function isUnusualImport({ attributes, importClause }: ts.ImportDeclaration): boolean {
  const phase = importClause?.phaseModifier ?? ts.SyntaxKind.TypeKeyword;
  return attributes !== undefined || phase !== ts.SyntaxKind.TypeKeyword;
}

function importedName({ propertyName, name }: ts.ImportSpecifier): string {
  return (propertyName ?? name).text;
}

function importEquals(node: ts.ImportEqualsDeclaration, lookup: Lookup): readonly Found[] {
  const { moduleReference: reference, name } = node;
  if (!ts.isExternalModuleReference(reference) || !ts.isStringLiteralLike(reference.expression)) return [];
  const named = sourceOf(reference.expression, lookup);
  return [found([{ element: node, names: [name], named }], null, 'import-form', lookup)];
}

// ── require and dynamic import ──────────────────────────────────────────────────────────────────────

function loaded(node: ts.VariableDeclaration, lookup: Lookup): readonly Found[] {
  const call = loadedBy(node);
  const specifier = call?.arguments[0];
  if (call === null || specifier === undefined || !ts.isStringLiteralLike(specifier)) return [];
  const source = sourceOf(specifier, lookup);
  if (source === null) return [];
  const candidates = variableCandidates(node, source, lookup);
  const statement = ownStatement(node);
  if (statement === null) return [found(candidates, null, 'inline-load', lookup)];
  const kind = isDynamicImport(call) ? 'dynamic' : 'require';
  return [found(candidates, { kind, statement, specifier, clause: node.name }, null, lookup)];
}

function variableCandidates(node: ts.VariableDeclaration, source: Named, lookup: Lookup): readonly Candidate[] {
  if (ts.isIdentifier(node.name)) return [{ element: node, names: [node.name], named: source }];
  if (!ts.isObjectBindingPattern(node.name)) return [];
  return node.name.elements.map((element) => ({
    element,
    names: identifiers(element),
    named: elementOf(source, element, lookup),
  }));
}

/** The call in `= require('...')` and `= await import('...')`. */
function loadedBy({ initializer }: ts.VariableDeclaration): ts.CallExpression | null {
  if (initializer === undefined) return null;
  const call = ts.isAwaitExpression(initializer) ? initializer.expression : initializer;
  if (!ts.isCallExpression(call) || call.arguments[0] === undefined) return null;
  const isAwaited = call !== initializer;
  return loadCall(call.arguments[0]) !== null && isDynamicImport(call) === isAwaited ? call : null;
}

/** The statement when the declaration is all it holds and its names are plain. */
function ownStatement(node: ts.VariableDeclaration): ts.VariableStatement | null {
  const statement = node.parent.parent;
  if (!ts.isVariableStatement(statement) || statement.declarationList.declarations.length !== 1) return null;
  if (node.type !== undefined || statement.modifiers !== undefined) return null;
  if (ts.isObjectBindingPattern(node.name) && plainElements(node.name) === null) return null;
  return ts.isArrayBindingPattern(node.name) ? null : statement;
}

function elementOf(source: Named, element: ts.BindingElement, lookup: Lookup): Named | null {
  const key = element.propertyName ?? element.name;
  return ts.isIdentifier(key) || ts.isStringLiteral(key) ? memberOf(source, key.text, lookup) : null;
}

/** `({ A }) => ...` over a loaded module, `const { A } = namespace`: seen by type, rewritten by nobody. */
function destructured(element: ts.BindingElement, lookup: Lookup): Found {
  const { checker, exportOf } = lookup.checked;
  const key = element.propertyName ?? element.name;
  const isNamed = ts.isIdentifier(key) && ts.isObjectBindingPattern(element.parent);
  const property = isNamed && checker.getPropertyOfType(checker.getTypeAtLocation(element.parent), key.text);
  const named = property ? exportOf(property) : null;
  return found([{ element, names: identifiers(element), named }], null, 'inline-load', lookup);
}

// ── what a name stands for ──────────────────────────────────────────────────────────────────────────

/** What a specifier gives: the namespace of a legacy module, or of a file in the program. */
export function sourceOf(specifier: ts.StringLiteralLike, { resolve, isInProgram }: Lookup): Named | null {
  const resolved = resolve(specifier.text, specifier.getSourceFile().fileName);
  if (resolved?.kind === 'legacy') return { module: resolved.module, name: WHOLE_MODULE };
  return resolved?.kind === 'file' && isInProgram(resolved.path) ? { barrel: resolved.path } : null;
}

export function memberOf(source: Named, name: string, { checked }: Lookup): Named | null {
  if (!('barrel' in source)) return source.name === WHOLE_MODULE ? { module: source.module, name } : null;
  const symbol = checked.checker.getSymbolAtLocation(checked.file(source.barrel));
  const exported = symbol && checked.checker.getExportsOfModule(symbol).find((candidate) => candidate.name === name);
  return exported === undefined ? null : checked.exportOf(exported);
}

/** Both names of `A as B` and of `A: B`; the last is the local one. */
function identifiers({ propertyName, name }: ts.ImportSpecifier | ts.BindingElement): readonly ts.Identifier[] {
  return [propertyName, name].filter((node) => node !== undefined && ts.isIdentifier(node)) as ts.Identifier[];
}
