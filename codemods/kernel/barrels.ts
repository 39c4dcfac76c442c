/**
 * Files that hand a legacy module on hide it from a search for its name. Whoever imports such a file may use the
 * module too, and may hand it on again: rounds of searching, until one finds nothing further.
 */
import { basename, dirname } from 'node:path';
import { ts } from 'ts-morph';
import type { Source, Workspace } from '../contract.ts';
import { withoutExtension } from '../engine/paths.ts';
import { exportNames, type LegacyModule } from './module.ts';
import type { Program } from './program.ts';
import type { Resolve } from './specifiers.ts';

/** More files in a row hand a module on to each other only in a cycle. */
const ROUNDS_MAX = 64;

type Barrel = {
  readonly path: string;
  /** Names that it gives what it hands on, besides those of the module. */
  readonly names: readonly string[];
  /** Whether it can be used without any of these names: by a default import, say. */
  readonly isNameless: boolean;
};

/** Adds to the program every file that legacy exports reach through others. */
export function followBarrels(
  program: Program,
  resolve: Resolve,
  workspace: Workspace,
  modules: readonly LegacyModule[],
  first: readonly Source[],
): void {
  const names = new Set(modules.flatMap(exportNames));
  const barrels = new Map<string, Barrel>();
  let added = first;
  for (let round = 0; added.length > 0; round += 1) {
    if (round === ROUNDS_MAX) throw new RangeError(`Re-exports go on after ${ROUNDS_MAX} rounds`);
    const found = added.flatMap(({ path, text }) => barrelOf(program.parse(path), text, resolve, barrels) ?? []);
    for (const barrel of found) {
      barrels.set(barrel.path, barrel);
      for (const name of barrel.names) names.add(name);
    }
    added = found.length === 0 ? [] : importersOf(found, names, program, resolve, workspace);
    for (const source of added) program.add(source);
  }
}

function importersOf(
  barrels: readonly Barrel[],
  names: ReadonlySet<string>,
  program: Program,
  resolve: Resolve,
  workspace: Workspace,
): readonly Source[] {
  const byPath = new Map(barrels.map((barrel) => [barrel.path, barrel]));
  return workspace.containing(barrels.flatMap(({ path }) => needlesFor(path))).filter(({ path, text }) => {
    if (program.has(path)) return false;
    const mayName = mentions(text, names);
    if (!mayName && !barrels.some(({ isNameless }) => isNameless)) return false;
    return importedPaths(path, text, resolve).some((imported) => mayName || byPath.get(imported)?.isNameless);
  });
}

function mentions(text: string, names: ReadonlySet<string>): boolean {
  return /\bexport\s*\*/.test(text) || [...names].some((name) => text.includes(name));
}

function importedPaths(path: string, text: string, resolve: Resolve): readonly string[] {
  const { importedFiles } = ts.preProcessFile(text, true, true);
  return importedFiles.flatMap(({ fileName }) => {
    const resolved = resolve(fileName, path);
    return resolved?.kind === 'file' ? [resolved.path] : [];
  });
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

function barrelOf(
  file: ts.SourceFile,
  text: string,
  resolve: Resolve,
  barrels: ReadonlyMap<string, Barrel>,
): Barrel | null {
  const path = file.fileName;
  const leads: Leads = (specifier) => {
    const resolved = specifier && ts.isStringLiteral(specifier) ? resolve(specifier.text, path) : null;
    return resolved?.kind === 'legacy' || (resolved?.kind === 'file' && barrels.has(resolved.path));
  };
  const imported = new Set(file.statements.flatMap((statement) => importedNames(statement, leads)));
  const exposed = file.statements.flatMap((statement) => exposedNames(statement, leads, imported));
  const isCommonJs = /\bexports\b/.test(text) && !ts.isExternalModule(file);
  if (exposed.length === 0 && !isCommonJs) return null;
  return { path, names: exposed, isNameless: isCommonJs || exposed.includes('default') };
}

function importedNames(statement: ts.Statement, leads: Leads): readonly string[] {
  if (ts.isImportEqualsDeclaration(statement)) return [statement.name.text];
  if (!ts.isImportDeclaration(statement) || !leads(statement.moduleSpecifier)) return [];
  const { name, namedBindings } = statement.importClause ?? {};
  const elements =
    namedBindings === undefined ? [] : ts.isNamedImports(namedBindings) ? namedBindings.elements : [namedBindings];
  return [...(name === undefined ? [] : [name.text]), ...elements.map((element) => element.name.text)];
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
    isFromLegacy || imported.has((propertyName ?? name).text);
  return clause.elements.filter(isHandedOn).map(({ name }) => name.text);
}
