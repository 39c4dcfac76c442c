/**
 * Which files a run looks at: what git tracks or would track, else all below the path. Symbolic links are not
 * followed, so a link cycle cannot hang it and nothing outside the paths is reached.
 */
import { lstatSync, readdirSync } from 'node:fs';
import { join, resolve, sep } from 'node:path';
import { BanyanError } from '../../src/contract/errors.ts';
import { gitFiles, gitTop } from './git.ts';

export type Listing = {
  /** Absolute paths of the files that were asked for, sorted. */
  readonly targets: readonly string[];
  /** The targets and, in a git work tree, every other source file of it: where barrels may stand. */
  readonly files: ReadonlySet<string>;
};

const SOURCE_FILE = /\.(?:[cm]?[jt]s|[jt]sx|vue|svelte)$/;
const NEVER_ENTERED: ReadonlySet<string> = new Set(['node_modules', '.git']);

/** @throws {BanyanError} BAD_INPUT when a path does not exist, or no path holds a source file */
export function listFiles(paths: readonly string[], cwd: string): Listing {
  if (paths.length === 0) throw new BanyanError('BAD_INPUT', 'No path given: name the files or folders to look at');
  const byTop = new Map<string, readonly string[]>();
  const targets = new Set<string>();
  for (const path of paths) {
    for (const file of filesBelow(resolve(cwd, path), path, byTop)) targets.add(file);
  }
  if (targets.size === 0) throw new BanyanError('BAD_INPUT', `No source file below ${paths.join(', ')}`);
  return { targets: [...targets].sort(), files: new Set([...targets, ...[...byTop.values()].flat()]) };
}

function filesBelow(path: string, given: string, byTop: Map<string, readonly string[]>): readonly string[] {
  const status = lstatSync(path, { throwIfNoEntry: false });
  if (status === undefined) throw new BanyanError('BAD_INPUT', `${given}: no such file or folder`);
  const isFolder = status.isDirectory();
  const tracked = trackedFiles(isFolder ? path : join(path, '..'), byTop);
  if (!isFolder) return SOURCE_FILE.test(path) ? [path] : [];

  const inside = path.endsWith(sep) ? path : path + sep;
  const found = tracked.filter((file) => file.startsWith(inside));
  // A folder that git ignores was named on purpose.
  return found.length > 0 ? found : walk(path);
}

function trackedFiles(folder: string, byTop: Map<string, readonly string[]>): readonly string[] {
  const top = gitTop(folder);
  if (top === null) return [];
  const known = byTop.get(top);
  if (known !== undefined) return known;
  const files = sourceFilesOf(top);
  byTop.set(top, files);
  return files;
}

function sourceFilesOf(top: string): readonly string[] {
  const listed = gitFiles(top);
  if (listed === null) return [];
  // A repository inside the repository is listed as a folder.
  return listed.flatMap((name) => {
    const path = join(top, name);
    if (name.endsWith('/')) return sourceFilesOf(path.slice(0, -1));
    return SOURCE_FILE.test(name) && !isBelowNeverEntered(name) ? [path] : [];
  });
}

function isBelowNeverEntered(name: string): boolean {
  return name.includes('node_modules/') && name.split('/').some((part) => NEVER_ENTERED.has(part));
}

function walk(folder: string): readonly string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return NEVER_ENTERED.has(entry.name) ? [] : walk(path);
    return SOURCE_FILE.test(entry.name) && (entry.isFile() || entry.isSymbolicLink()) ? [path] : [];
  });
}
