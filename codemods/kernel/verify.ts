/** Compiles what is proposed. A file that would give an error it does not give now is left as it is. */
import { basename } from 'node:path';
import { splice } from '../engine/edits.ts';
import type { Entry } from './account.ts';
import { importedPaths } from './barrels.ts';
import { addedDiagnostic } from './diagnostics.ts';
import type { FileResult } from './file.ts';
import type { Checked, Program } from './program.ts';
import type { Results } from './results.ts';
import type { Resolve } from './specifiers.ts';

export type Verification = {
  readonly program: Program;
  /** The program as it was when the results were made. */
  readonly before: Checked;
  readonly resolve: Resolve;
};

/** Afterwards, what the results propose compiles as well as what is there. */
export function verify(results: Results, verification: Verification): void {
  results.refuse(overlaps(results.all, verification.before));
  // Each round leaves at least one changed file fewer.
  for (let roundsLeft = results.all.length; roundsLeft >= 0; roundsLeft -= 1) {
    const refusals = refusalsOf(results.all, verification);
    if (refusals.size === 0) return;
    results.refuse(refusals);
  }
  throw new Error('a file that was refused goes on changing');
}

type Refusals = Map<string, readonly Entry[]>;

function overlaps(results: readonly FileResult[], before: Checked): Refusals {
  const refusals: Refusals = new Map();
  for (const result of results) {
    try {
      splice(before.file(result.path).text, result.edits);
    } catch (error) {
      refusals.set(result.path, [refusal(result, 'overlapping-edits', error instanceof Error ? error.message : '')]);
    }
  }
  return refusals;
}

function refusalsOf(results: readonly FileResult[], verification: Verification): Refusals {
  const { program, before } = verification;
  const changed = new Map(results.filter(({ edits }) => edits.length > 0).map((result) => [result.path, result]));
  const refusals: Refusals = new Map();
  if (changed.size === 0) return refusals;
  for (const { path, edits } of results) program.update(path, splice(before.file(path).text, edits));
  const after = program.check();
  for (const path of program.paths()) {
    const suspected = suspects(path, changed, verification);
    if (suspected.length === 0) continue;
    const edits = changed.get(path)?.edits ?? [];
    const added = addedDiagnostic(before.diagnostics(path), after.diagnostics(path), edits);
    if (added === null) continue;
    for (const suspect of suspected) {
      const where = suspect.path === path ? '' : ` in ${basename(path)}`;
      refusals.set(suspect.path, [refusal(suspect, 'new-diagnostics', added + where)]);
    }
  }
  return refusals;
}

/** The file itself when it changed; else the nearest changed files that it imports. Without any, nothing changes for it. */
function suspects(
  path: string,
  changed: ReadonlyMap<string, FileResult>,
  { before, resolve, program }: Verification,
): readonly FileResult[] {
  const seen = new Set([path]);
  let paths = [path];
  while (paths.length > 0) {
    const found = paths.flatMap((one) => changed.get(one) ?? []);
    if (found.length > 0) return found;
    const imported = paths.flatMap((one) => importedPaths(one, before.file(one).text, resolve));
    paths = [...new Set(imported)].filter((one) => program.has(one) && !seen.has(one));
    for (const one of paths) seen.add(one);
  }
  return [];
}

function refusal({ edits }: FileResult, rule: Entry['rule'], detail: string): Entry {
  const start = Math.min(...edits.map((edit) => edit.start));
  return { rule, start, end: start, detail };
}
