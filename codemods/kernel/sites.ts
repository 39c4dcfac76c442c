/** Where a file names a legacy module: in the specifier of an import, or in any other string. */
import { ts } from 'ts-morph';
import type { Entry } from './account.ts';
import { isOfPackage } from './barrels.ts';
import { isUnusualImport, type Load } from './bindings.ts';
import type { Lookup } from './lookup.ts';
import { exportNames, type LegacyModule } from './module.ts';
import { LEGACY_FOLDERS } from './modules.ts';
import type { RuleId } from './rules.ts';
import type { Resolved } from './specifiers.ts';
import { loadCall, visit } from './syntax.ts';

export type Site = {
  readonly node: ts.Node;
  /** `null`: it may be any of them. */
  readonly module: LegacyModule | null;
  /** What becomes of it: the same as of the names it brings in, or a rule that reports it. */
  readonly follows: { readonly load: Load } | { readonly type: ts.ImportTypeNode } | null;
  readonly rule: RuleId;
};

export function findSites(
  file: ts.SourceFile,
  loads: readonly Load[],
  modules: readonly LegacyModule[],
  lookup: Lookup,
): readonly Site[] {
  const bySpecifier = new Map<ts.Node, Load>(loads.map((load) => [load.specifier, load]));
  const names = new Set(modules.flatMap(exportNames));
  const found: Site[] = [];
  visit(file, (node) => {
    const site = ts.isStringLiteralLike(node) ? siteOf(node, bySpecifier, names, lookup) : computed(node);
    if (site !== null) found.push(site);
  });
  return found;
}

function siteOf(
  node: ts.StringLiteralLike,
  loads: ReadonlyMap<ts.Node, Load>,
  names: ReadonlySet<string>,
  lookup: Lookup,
): Site | null {
  const isModuleName = isLoaded(node) || isMocked(node);
  // A relative path means something only to what loads it.
  if (!isModuleName && !LEGACY_FOLDERS.some((folder) => node.text.startsWith(`${folder}/`))) return null;
  const resolved = lookup.resolve(node.text, node.getSourceFile().fileName);
  if (resolved?.kind === 'legacy') {
    return { node, module: resolved.module, follows: followed(node, loads), rule: ruleOf(node) };
  }
  const rule = isModuleName ? doubtfulRule(node, resolved, names, lookup) : null;
  return rule === null ? null : { node, module: null, follows: null, rule };
}

/** The rule for a specifier that may lead to a legacy module, or whose mock may hide one. */
function doubtfulRule(
  node: ts.StringLiteralLike,
  resolved: Resolved | null,
  names: ReadonlySet<string>,
  { barrels }: Lookup,
): RuleId | null {
  if (resolved?.kind === 'file') return isMocked(node) && barrels.has(resolved.path) ? 'module-mock' : null;
  if (resolved !== null) {
    const rule = resolved.kind === 'root' ? 'package-root' : 'lookalike';
    return mayImport(node, names) ? rule : null;
  }
  const mayComeFrom = [...barrels.byPackage].some(
    ([name, handedOn]) => isOfPackage(node.text, name) && mayImport(node, handedOn),
  );
  return mayComeFrom ? 'package-import' : null;
}

function followed(node: ts.StringLiteralLike, loads: ReadonlyMap<ts.Node, Load>): Site['follows'] {
  const type = importType(node);
  if (type !== null) return type.qualifier === undefined ? null : { type };
  const load = isMocked(node) ? undefined : loads.get(node);
  return load === undefined ? null : { load };
}

/** The rule by which it is reported, unless it shares the fate of what it brings in. */
function ruleOf(node: ts.StringLiteralLike): RuleId {
  const { parent } = node;
  if (isMocked(node)) return 'module-mock';
  if (ts.isImportDeclaration(parent)) return importRule(parent);
  if (ts.isExportDeclaration(parent)) return 're-export';
  if (ts.isExternalModuleReference(parent)) return 'import-form';
  if (ts.isModuleDeclaration(parent)) return 'module-augmentation';
  if (importType(node) !== null) return importType(node)?.qualifier === undefined ? 'module-type' : 'unknown-export';
  return loadCall(node) === null ? 'module-string' : 'inline-load';
}

function importRule(declaration: ts.ImportDeclaration): RuleId {
  if (declaration.importClause === undefined) return 'side-effect-import';
  return isUnusualImport(declaration) ? 'import-form' : 'unused-import';
}

function importType(node: ts.Node): ts.ImportTypeNode | null {
  const { parent } = node.parent;
  return parent !== undefined && ts.isImportTypeNode(parent) && parent.argument === node.parent ? parent : null;
}

function isLoaded(node: ts.StringLiteralLike): boolean {
  const { parent } = node;
  return (
    ts.isImportDeclaration(parent) ||
    ts.isExportDeclaration(parent) ||
    ts.isExternalModuleReference(parent) ||
    ts.isModuleDeclaration(parent) ||
    importType(node) !== null ||
    loadCall(node) !== null
  );
}

/** Methods of jest, vitest, their kin and node:test that replace a module or load it past its replacement. */
const MOCK_METHODS: ReadonlySet<string> = new Set([
  'mock',
  'doMock',
  'unmock',
  'doUnmock',
  'dontMock',
  'deepUnmock',
  'setMock',
  'requireActual',
  'importActual',
  'requireMock',
  'importMock',
  'createMockFromModule',
  'genMockFromModule',
  'unstable_mockModule',
  'unstable_unmockModule',
  'module',
]);

/** `jest.mock('...')`, `vi.mock(import('...'))`, `mock.module('...')`. */
function isMocked(node: ts.StringLiteralLike): boolean {
  const inner = loadCall(node);
  const call = (inner ?? node).parent;
  if (!ts.isCallExpression(call) || call.arguments[0] !== (inner ?? node)) return false;
  return ts.isPropertyAccessExpression(call.expression) && MOCK_METHODS.has(call.expression.name.text);
}

/** Whether an import or re-export names something that legacy modules export, or does not say what it takes. */
function mayImport({ parent }: ts.Node, names: ReadonlySet<string>): boolean {
  const named = ts.isImportDeclaration(parent) ? parent.importClause?.namedBindings : undefined;
  const list = ts.isExportDeclaration(parent) ? parent.exportClause : named;
  if (list === undefined || ts.isNamespaceImport(list) || ts.isNamespaceExport(list)) return true;
  return list.elements.some(({ propertyName, name }) => names.has((propertyName ?? name).text));
}

/** `/// <reference types="..." />` */
export function referenceDirectives(file: ts.SourceFile, { resolve }: Lookup): readonly Entry[] {
  const legacy = file.typeReferenceDirectives.filter(
    ({ fileName }) => resolve(fileName, file.fileName)?.kind === 'legacy',
  );
  return legacy.map(({ pos, end }) => ({ rule: 'module-type', start: pos, end, detail: '' }));
}

/** `import('@hive/core/' + name)`, and the same as a template. */
function computed(node: ts.Node): Site | null {
  const start = ts.isTemplateExpression(node) ? node.head.text : ts.isBinaryExpression(node) ? leftmost(node) : null;
  const isLegacy =
    start !== null && loadCall(node) !== null && LEGACY_FOLDERS.some((folder) => start.startsWith(`${folder}/`));
  return isLegacy ? { node, module: null, follows: null, rule: 'computed-specifier' } : null;
}

function leftmost({ left }: ts.BinaryExpression): string | null {
  if (ts.isBinaryExpression(left)) return leftmost(left);
  return ts.isStringLiteralLike(left) ? left.text : null;
}
