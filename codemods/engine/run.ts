/**
 * One run of a codemod: list, scan, analyse, compare, write. Nothing is written before everything is analysed, and
 * TypeScript is loaded only when a file needs it.
 */
import type {
  Analysis,
  Change,
  Codemod,
  CodemodReport,
  Proposal,
  References,
  Skipped,
  Source,
  Workspace,
} from '../contract.ts';
import { listFiles } from './files.ts';
import { refuseDirtyTree } from './guard.ts';
import { relativePath } from './paths.ts';
import { createReader } from './read.ts';
import { scan } from './scan.ts';
import { decode, whole } from './source.ts';
import { isReadOnly, replaceFile } from './write.ts';

export type RunOptions = {
  readonly paths: readonly string[];
  readonly cwd: string;
  readonly write: boolean;
  readonly allowDirty: boolean;
  /** Called with the number of files scanned so far. */
  readonly onProgress: (scanned: number) => void;
};

/** @throws {BanyanError} BAD_INPUT for a path that cannot be used; DIRTY_TREE when git could not undo the changes */
export async function run(name: string, codemod: Codemod, options: RunOptions): Promise<CodemodReport> {
  const listed = listFiles(options.paths, options.cwd);
  const targets = new Set(listed.targets);
  const found = findHits(codemod, targets, listed.files, options.onProgress);
  const workspace = createWorkspace(options.cwd, targets, listed.files);
  const { proposals: unordered, skipped } = await analyse(codemod, workspace, found.sources);
  const proposals = unordered.toSorted((a, b) => byPath(a.source, b.source));
  const changed = proposals.filter(({ edits }) => edits.length > 0);
  if (options.write) writeAll(changed, options.allowDirty);
  return {
    schema: 1,
    codemod: name,
    wrote: options.write,
    files: {
      scanned: listed.targets.length,
      analysed: proposals.length,
      changed: changed.length,
      skipped: [...found.skipped, ...skipped].map((file) => relativeTo(options.cwd, file)).sort(byPath),
    },
    references: total(proposals.map(({ references }) => references)),
    changes: await Promise.all(changed.map((proposal) => toChange(proposal, options.cwd))),
    findings: proposals.flatMap(({ findings }) => findings).sort(byPlace),
  };
}

function createWorkspace(cwd: string, targets: ReadonlySet<string>, files: ReadonlySet<string>): Workspace {
  const read = createReader();
  return {
    cwd,
    files,
    isTarget: (path) => targets.has(path),
    read: (path) => {
      const file = read(path);
      return 'bytes' in file ? (decode(path, file.bytes)?.text ?? null) : null;
    },
    containing: (needles) => scan(files, needles).hits.flatMap(({ path, bytes }) => decode(path, bytes) ?? []),
  };
}

type Found = { readonly sources: readonly Source[]; readonly skipped: readonly Skipped[] };

/** Files that the codemod has to look at, and those of the targets that nobody can look at or change. */
function findHits(
  codemod: Codemod,
  targets: Set<string>,
  files: ReadonlySet<string>,
  onProgress: RunOptions['onProgress'],
): Found {
  const { hits, skipped } = scan(files, codemod.needles, onProgress);
  const decoded = hits.map((hit) => decode(hit.path, hit.bytes) ?? hit.path);
  const sources = decoded.filter((source) => typeof source !== 'string').filter(({ text }) => codemod.concerns(text));
  const all: readonly Skipped[] = [
    ...skipped,
    ...decoded.filter((path) => typeof path === 'string').map((path) => ({ path, reason: 'not_utf8' as const })),
    ...sources.filter(({ path }) => isReadOnly(path)).map(({ path }) => ({ path, reason: 'read_only' as const })),
  ];
  const ofTargets = all.filter(({ path }) => targets.has(path));
  // What cannot be changed is context from here on: it is read, and nothing in it is rewritten.
  for (const { path } of ofTargets) targets.delete(path);
  return { sources, skipped: ofTargets };
}

async function analyse(codemod: Codemod, workspace: Workspace, sources: readonly Source[]): Promise<Analysis> {
  if (sources.length === 0) return { proposals: [], skipped: [] };
  const analysis = await codemod.load();
  return analysis(workspace, sources);
}

function writeAll(changed: readonly Proposal[], allowDirty: boolean): void {
  if (!allowDirty) refuseDirtyTree(changed.map(({ source }) => source.path));
  for (const { source, after } of changed) replaceFile(source.path, whole(source, source.text), whole(source, after));
}

async function toChange({ source, edits, after }: Proposal, cwd: string): Promise<Change> {
  const { unifiedDiff } = await import('./patch.ts');
  const path = relativePath(cwd, source.path);
  return { path, edits: edits.length, patch: unifiedDiff(path, whole(source, source.text), whole(source, after)) };
}

function total(all: readonly References[]): References {
  const sum = (key: keyof References) => all.reduce((count, references) => count + references[key], 0);
  return { total: sum('total'), rewritten: sum('rewritten'), reported: sum('reported') };
}

function relativeTo(cwd: string, { path, reason }: Skipped): Skipped {
  return { path: relativePath(cwd, path), reason };
}

type Placed = { readonly path: string; readonly line?: number; readonly column?: number };

function byPath(a: Placed, b: Placed): number {
  return a.path < b.path ? -1 : a.path > b.path ? 1 : 0;
}

function byPlace(a: Placed, b: Placed): number {
  return byPath(a, b) || (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0);
}
