/**
 * The same references, counted by somebody else: the compiler's own search for all occurrences of an export, and its
 * own list of a file's imports. What they find and the account lacks would otherwise be skipped in silence.
 */
import { ts } from 'ts-morph';
import type { Entry } from './account.ts';
import { findBindings } from './bindings.ts';
import type { FileResult } from './file.ts';
import type { Lookup } from './lookup.ts';
import { exportNames, type LegacyModule } from './module.ts';
import type { Occurrence } from './program.ts';

/** By path, what is missing in the account of each file. */
export function unaccounted(
  results: readonly FileResult[],
  paths: readonly string[],
  modules: readonly LegacyModule[],
  lookup: Lookup,
): ReadonlyMap<string, readonly Entry[]> {
  const byPath = new Map(results.map((result) => [result.path, result]));
  const all = [
    ...exported(paths, modules, lookup),
    ...results.flatMap(({ path }) => [...bound(path, lookup), ...imported(path, lookup)]),
  ];
  const missing = new Map<string, Map<number, Entry>>();
  for (const { path, start } of all) {
    const result = byPath.get(path);
    if (result === undefined || result.account.has(start)) continue;
    const entries = missing.get(path) ?? new Map<number, Entry>();
    missing.set(path, entries.set(start, { rule: 'unaccounted', start, end: start, detail: '' }));
  }
  return new Map([...missing].map(([path, entries]) => [path, [...entries.values()]]));
}

/** A name that stands in no file cannot have occurrences: most of the 35 modules are not searched for. */
function exported(
  paths: readonly string[],
  modules: readonly LegacyModule[],
  { checked }: Lookup,
): readonly Occurrence[] {
  const texts = paths.map((path) => checked.file(path).text);
  return modules.flatMap((module) => {
    const names = exportNames(module).filter((name) => texts.some((text) => text.includes(name)));
    return names.flatMap((name) => checked.occurrences({ module, name }));
  });
}

/** Names that are bound by a require, or to a whole module, are none of the export's own occurrences. */
function bound(path: string, lookup: Lookup): readonly Occurrence[] {
  const { all } = findBindings(lookup.checked.file(path), lookup);
  return all.flatMap(({ named, names, element }) => {
    const local = names.at(-1);
    const isAlias = ts.isImportSpecifier(element) || ts.isImportClause(element);
    if ('barrel' in named || local === undefined || isAlias) return [];
    return lookup.checked.occurrencesIn(path, local.getStart()).map((start) => ({ path, start }));
  });
}

function imported(path: string, { checked, resolve }: Lookup): readonly Occurrence[] {
  const { importedFiles } = ts.preProcessFile(checked.file(path).text, true, true);
  return importedFiles
    .filter(({ fileName }) => resolve(fileName, path)?.kind === 'legacy')
    .map(({ pos }) => ({ path, start: pos }));
}
