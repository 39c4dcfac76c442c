/** By which names a file knows legacy exports: imports, requires and destructured loads. */
import { ts } from 'ts-morph';
import type { Barrels } from './barrels.ts';
import { exportKind, type LegacyModule, WHOLE_MODULE } from './module.ts';
import type { Checked, LegacyExport } from './program.ts';
import type { RuleId } from './rules.ts';
import type { Resolve } from './specifiers.ts';
import { isDynamicImport, loadCall, plainElements, visit } from './syntax.ts';

/** A statement that brings in legacy exports and can be rewritten in place. */
export type Load = {
  readonly kind: 'import' | 'require' | 'dynamic';
  readonly statement: ts.ImportDeclaration | ts.VariableStatement;
  readonly specifier: ts.StringLiteralLike;
  /** Where its names stand. */
  readonly clause: ts.ImportClause | ts.BindingName;
  /** The legacy module that it names; `null` when it names a file that hands one on. */
  readonly module: LegacyModule | null;
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

/** How a file's specifiers and names are looked up. */
export type Lookup = {
  readonly checked: Checked;
  readonly resolve: Resolve;
  readonly isInProgram: (path: string) => boolean;
  readonly barrels: Barrels;
  /** Every name under which legacy exports are known, but for those that a file gives them itself. */
  readonly names: ReadonlySet<string>;
};

export function findBindings(file: ts.SourceFile, lookup: Lookup): Bindings {
  const found: Binding[] = [];
  const loads: Load[] = [];
  visit(file, (node) => {
    if (ts.isImportDeclaration(node)) addImport(node, lookup, found, loads);
    if (ts.isImportEqualsDeclaration(node)) addImportEquals(node, lookup, found);
    if (ts.isVariableDeclaration(node)) addVariable(node, lookup, found, loads);
    if (ts.isBindingElement(node)) addDestructured(node, lookup, found);
  });
  return { all: found, bySymbol: new Map(found.map((binding) => [binding.symbol, binding])), loads };
}

// ── import declarations ─────────────────────────────────────────────────────────────────────────────

function addImport(statement: ts.ImportDeclaration, lookup: Lookup, found: Binding[], loads: Load[]): void {
  const { importClause: clause, moduleSpecifier: specifier } = statement;
  if (clause === undefined || !ts.isStringLiteral(specifier)) return;
  const source = sourceOf(specifier, lookup);
  if (source === null) return;
  const module = 'barrel' in source ? null : source.module;
  const load: Load | null = isUnusualImport(statement)
    ? null
    : { kind: 'import', statement, specifier, clause, module };
  const blocked = load === null ? 'import-form' : null;
  const add = (element: ts.Node, names: readonly ts.Identifier[], named: Named | null): void => {
    const binding = bind(element, names, named, load, blocked, lookup);
    if (binding !== null) found.push(binding);
  };

  if (load !== null) loads.push(load);
  if (clause.name !== undefined) add(clause, [clause.name], memberOf(source, 'default', lookup));
  const named = clause.namedBindings;
  if (named === undefined) return;
  if (ts.isNamespaceImport(named)) add(named, [named.name], source);
  else
    for (const element of named.elements)
      add(element, identifiers(element), memberOf(source, importedName(element), lookup));
}

/** With attributes, or `import defer`, `import source`. */
export function isUnusualImport({ attributes, importClause }: ts.ImportDeclaration): boolean {
  const phase = importClause?.phaseModifier ?? ts.SyntaxKind.TypeKeyword;
  return attributes !== undefined || phase !== ts.SyntaxKind.TypeKeyword;
}

function importedName({ propertyName, name }: ts.ImportSpecifier): string {
  return (propertyName ?? name).text;
}

function addImportEquals(node: ts.ImportEqualsDeclaration, lookup: Lookup, found: Binding[]): void {
  const { moduleReference: reference, name } = node;
  if (!ts.isExternalModuleReference(reference) || !ts.isStringLiteralLike(reference.expression)) return;
  const source = sourceOf(reference.expression, lookup);
  const binding = bind(node, [name], source, null, 'import-form', lookup);
  if (binding !== null) found.push(binding);
}

// ── require and dynamic import ──────────────────────────────────────────────────────────────────────

function addVariable(node: ts.VariableDeclaration, lookup: Lookup, found: Binding[], loads: Load[]): void {
  const call = loadedBy(node);
  const specifier = call?.arguments[0];
  if (call === null || specifier === undefined || !ts.isStringLiteralLike(specifier)) return;
  const source = sourceOf(specifier, lookup);
  if (source === null) return;

  const statement = ownStatement(node);
  const module = 'barrel' in source ? null : source.module;
  const kind = isDynamicImport(call) ? 'dynamic' : 'require';
  const load: Load | null = statement === null ? null : { kind, statement, specifier, clause: node.name, module };
  if (load !== null) loads.push(load);
  const blocked = load === null ? 'inline-load' : null;
  const add = (element: ts.Node, names: readonly ts.Identifier[], named: Named | null): void => {
    const binding = bind(element, names, named, load, blocked, lookup);
    if (binding !== null) found.push(binding);
  };
  if (ts.isIdentifier(node.name)) add(node, [node.name], source);
  const elements = ts.isObjectBindingPattern(node.name) ? node.name.elements : [];
  for (const element of elements) add(element, identifiers(element), elementOf(source, element, lookup));
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
function addDestructured(element: ts.BindingElement, lookup: Lookup, found: Binding[]): void {
  const { checker, exportOf } = lookup.checked;
  const key = element.propertyName ?? element.name;
  const isKnown = found.some((binding) => binding.element === element);
  if (isKnown || !ts.isIdentifier(key) || !ts.isObjectBindingPattern(element.parent)) return;
  const property = checker.getPropertyOfType(checker.getTypeAtLocation(element.parent), key.text);
  const named = property === undefined ? null : exportOf(property);
  const binding = bind(element, identifiers(element), named, null, 'inline-load', lookup);
  if (binding !== null) found.push(binding);
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

export function kindOf(named: Named): ReturnType<typeof exportKind> {
  return 'barrel' in named ? 'module' : exportKind(named.module, named.name);
}

function bind(
  element: ts.Node,
  names: readonly ts.Identifier[],
  named: Named | null,
  load: Load | null,
  blocked: RuleId | null,
  { checked }: Lookup,
): Binding | null {
  const local = names.at(-1);
  const symbol = local && checked.checker.getSymbolAtLocation(local);
  return named === null || symbol === undefined ? null : { named, names, symbol, element, load, blocked };
}

/** Both names of `A as B` and of `A: B`; the last is the local one. */
function identifiers({ propertyName, name }: ts.ImportSpecifier | ts.BindingElement): readonly ts.Identifier[] {
  return [propertyName, name].filter((node) => node !== undefined && ts.isIdentifier(node)) as ts.Identifier[];
}
