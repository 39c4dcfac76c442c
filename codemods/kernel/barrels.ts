/**
 * Files that hand a legacy module on hide it from a search for its name. Whoever imports such a file may use the
 * module too, and may hand it on again: rounds of searching, until one adds no file.
 */
import { basename, dirname, join } from 'node:path';
import { ts } from 'ts-morph';
import type { Source, Workspace } from '../contract.ts';
import { withoutExtension } from '../engine/paths.ts';
import { exportNames, type LegacyModule } from './module.ts';
import type { Program } from './program.ts';
import type { Resolve } from './specifiers.ts';

export type Barrel = {
  readonly path: string;
  /** The names by which it hands legacy exports on; `*` for all of a module. */
  readonly names: readonly string[];
  /** Whether it can be used without any of these names: by a default import, say. */
  readonly isNameless: boolean;
  /** The name of the package that it belongs to. */
  readonly packageName: string | null;
};

export type Barrels = {
  readonly has: (path: string) => boolean;
  /** The names that files of a package hand on, by the name of the package. */
  readonly byPackage: ReadonlyMap<string, ReadonlySet<string>>;
  /** Every name under which legacy exports are known. */
  readonly names: ReadonlySet<string>;
  /** Files that import one and are no scripts. */
  readonly embedded: readonly Source[];
};

type Search = {
  readonly program: Program;
  readonly resolve: Resolve;
  readonly workspace: Workspace;
  readonly barrels: Map<string, Barrel>;
  /** Every name under which something legacy is known. */
  readonly names: Set<string>;
};

/** Adds to the program every file that legacy exports reach through others. */
export function followBarrels(
  program: Program,
  resolve: Resolve,
  workspace: Workspace,
  modules: readonly LegacyModule[],
): Barrels {
  const search: Search = {
    program,
    resolve,
    workspace,
    barrels: new Map(),
    names: new Set(modules.flatMap(exportNames)),
  };
  const embedded = new Map<string, Source>();
  let added = program.paths().map(program.source);
  while (added.length > 0) {
    const found = added.flatMap((source) => barrelOf(source, search) ?? []);
    for (const barrel of found) note(barrel, search);
    const importers = found.length === 0 ? [] : importersOf(found, search);
    added = importers.filter(({ path }) => !isEmbedded(path));
    for (const source of added) program.add(source);
    for (const source of importers) if (isEmbedded(source.path)) embedded.set(source.path, source);
  }
  return {
    has: (path) => search.barrels.has(path),
    names: search.names,
    byPackage: byPackage(search.barrels.values(), modules),
    embedded: [...embedded.values()],
  };
}

export function isEmbedded(path: string): boolean {
  return /\.(?:vue|svelte)$/.test(path);
}

function note(barrel: Barrel, { barrels, names }: Search): void {
  barrels.set(barrel.path, barrel);
  for (const name of barrel.names) names.add(name);
}

function byPackage(
  barrels: Iterable<Barrel>,
  modules: readonly LegacyModule[],
): ReadonlyMap<string, ReadonlySet<string>> {
  const found = new Map<string, Set<string>>();
  for (const { packageName, names } of barrels) {
    if (packageName === null) continue;
    const all = names.includes('*') ? [...names, ...modules.flatMap(exportNames)] : names;
    found.set(packageName, new Set([...(found.get(packageName) ?? []), ...all]));
  }
  return found;
}

// ── who imports a barrel ────────────────────────────────────────────────────────────────────────────

function importersOf(found: readonly Barrel[], { program, resolve, workspace, names }: Search): readonly Source[] {
  const byPath = new Map(found.map((barrel) => [barrel.path, barrel]));
  const packages = found.flatMap(({ packageName }) => packageName ?? []);
  const isAnyNameless = found.some(({ isNameless }) => isNameless);
  return workspace
    .containing([...found.flatMap(({ path }) => needlesFor(path)), ...packages])
    .filter(({ path, text }) => {
      if (program.has(path) || /\.d\.[cm]?ts$/.test(path)) return false;
      const mayName = mentions(text, names);
      if (!mayName && !isAnyNameless) return false;
      return importedFrom(text).some((specifier) => {
        if (mayName && packages.some((name) => isOfPackage(specifier, name))) return true;
        const resolved = resolve(specifier, path);
        const barrel = resolved?.kind === 'file' ? byPath.get(resolved.path) : undefined;
        return barrel !== undefined && (mayName || barrel.isNameless);
      });
    });
}

export function isOfPackage(specifier: string, name: string): boolean {
  return specifier === name || specifier.startsWith(`${name}/`);
}

function mentions(text: string, names: ReadonlySet<string>): boolean {
  return /\bexport\s*\*/.test(text) || [...names].some((name) => name !== '*' && text.includes(name));
}

function importedFrom(text: string): readonly string[] {
  return ts.preProcessFile(text, true, true).importedFiles.map(({ fileName }) => fileName);
}

/** The files of the workspace that a file imports. */
export function importedPaths(path: string, text: string, resolve: Resolve): readonly string[] {
  const resolved = importedFrom(text).map((specifier) => resolve(specifier, path));
  return resolved.flatMap((target) => (target?.kind === 'file' ? [target.path] : []));
}

/** What an import of the file contains: its name, or for an index its folder's, which may be written as dots. */
function needlesFor(path: string): readonly string[] {
  const stem = basename(withoutExtension(path));
  if (stem !== 'index') return [stem];
  const dots = ['.', './', '..', '../'].flatMap((dotted) => [`'${dotted}'`, `"${dotted}"`]);
  return [basename(dirname(path)), ...dots, "/..'", '/.."', "/../'", '/../"'];
}

// ── what a file hands on ────────────────────────────────────────────────────────────────────────────

type Leads = (specifier: ts.Expression | undefined) => boolean;

function barrelOf({ path, text }: Source, { program, resolve, barrels, workspace }: Search): Barrel | null {
  const leads: Leads = (specifier) => {
    const resolved = specifier && ts.isStringLiteral(specifier) ? resolve(specifier.text, path) : null;
    return resolved?.kind === 'legacy' || (resolved?.kind === 'file' && barrels.has(resolved.path));
  };
  const file = program.parse(path);
  const imported = new Set(file.statements.flatMap((statement) => importedNames(statement, leads)));
  const names = file.statements.flatMap((statement) => exposedNames(statement, leads, imported));
  const isCommonJs = /\bexports\b/.test(text) && !ts.isExternalModule(file);
  if (names.length === 0 && !isCommonJs) return null;
  const isNameless = isCommonJs || names.includes('default');
  return { path, names, isNameless, packageName: packageName(dirname(path), workspace) };
}

function importedNames(statement: ts.Statement, leads: Leads): readonly string[] {
  if (ts.isImportEqualsDeclaration(statement)) return [statement.name.text];
  if (!ts.isImportDeclaration(statement) || !leads(statement.moduleSpecifier)) return [];
  const { name, namedBindings } = statement.importClause ?? {};
  const named =
    namedBindings !== undefined && ts.isNamedImports(namedBindings) ? namedBindings.elements : [namedBindings];
  return [name, ...named.map((element) => element?.name)].flatMap((identifier) => identifier?.text ?? []);
}

function exposedNames(statement: ts.Statement, leads: Leads, imported: ReadonlySet<string>): readonly string[] {
  if (ts.isExportAssignment(statement)) {
    return ts.isIdentifier(statement.expression) && imported.has(statement.expression.text) ? ['default'] : [];
  }
  if (ts.isImportEqualsDeclaration(statement) && statement.modifiers !== undefined) return [statement.name.text];
  if (!ts.isExportDeclaration(statement)) return [];
  const isFromLegacy = leads(statement.moduleSpecifier);
  const clause = statement.exportClause;
  if (clause === undefined) return isFromLegacy ? ['*'] : [];
  if (ts.isNamespaceExport(clause)) return isFromLegacy ? [clause.name.text] : [];
  const isHandedOn = ({ propertyName, name }: ts.ExportSpecifier) =>
    isFromLegacy || (statement.moduleSpecifier === undefined && imported.has((propertyName ?? name).text));
  return clause.elements.filter(isHandedOn).map(({ name }) => name.text);
}

function packageName(folder: string, workspace: Workspace): string | null {
  const text = workspace.read(join(folder, 'package.json'));
  if (text !== null) {
    const { config } = ts.parseConfigFileTextToJson('package.json', text);
    return typeof config?.name === 'string' ? config.name : null;
  }
  const parent = dirname(folder);
  return parent === folder ? null : packageName(parent, workspace);
}
