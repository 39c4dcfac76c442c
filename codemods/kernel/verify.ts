/** Compiles what is proposed. A file that would give an error it does not give now is left as it is. */
import { ts } from 'ts-morph';
import { splice } from '../engine/edits.ts';
import type { Entry } from './account.ts';
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
  const changed = results.filter(({ edits }) => edits.length > 0);
  const refusals: Refusals = new Map();
  if (changed.length === 0) return refusals;
  for (const { path, edits } of results) program.update(path, splice(before.file(path).text, edits));
  const after = program.check();
  for (const path of program.paths()) {
    const [added] = addedDiagnostics(before.diagnostics(path), after.diagnostics(path));
    if (added === undefined) continue;
    for (const suspect of suspects(path, changed, verification)) {
      refusals.set(suspect.path, [refusal(suspect, 'new-diagnostics', added)]);
    }
  }
  return refusals;
}

/** What `after` says more often than `before`, wherever in the file. */
function addedDiagnostics(before: readonly ts.Diagnostic[], after: readonly ts.Diagnostic[]): readonly string[] {
  const left = new Map<string, number>();
  for (const text of before.map(textOf)) left.set(text, (left.get(text) ?? 0) + 1);
  return after.map(textOf).filter((text) => {
    const count = left.get(text) ?? 0;
    left.set(text, count - 1);
    return count <= 0;
  });
}

function textOf({ code, messageText }: ts.Diagnostic): string {
  return `TS${code}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`;
}

/** The file itself when it changed; else the changed files that it imports, or all when there is no telling. */
function suspects(
  path: string,
  changed: readonly FileResult[],
  { before, resolve }: Verification,
): readonly FileResult[] {
  const itself = changed.filter((result) => result.path === path);
  if (itself.length > 0) return itself;
  const { importedFiles } = ts.preProcessFile(before.file(path).text, true, true);
  const imported = new Set(
    importedFiles.map(({ fileName }) => resolve(fileName, path)).map((to) => (to?.kind === 'file' ? to.path : null)),
  );
  const direct = changed.filter((result) => imported.has(result.path));
  return direct.length > 0 ? direct : changed;
}

function refusal({ edits }: FileResult, rule: Entry['rule'], detail: string): Entry {
  const start = Math.min(...edits.map((edit) => edit.start));
  return { rule, start, end: start, detail };
}
