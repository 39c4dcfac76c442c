/** What the codemods ask git. Each answer is `null` where git cannot tell. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

const OUTPUT_BYTES_MAX = 512 * 1024 * 1024;

/** The top folder of the work tree that holds `folder`. */
export function gitTop(folder: string): string | null {
  if (existsSync(join(folder, '.git'))) return folder;
  const parent = dirname(folder);
  return parent === folder ? null : gitTop(parent);
}

/** Tracked files and untracked ones that are not ignored, relative to `top`, with `/`. */
export function gitFiles(top: string): readonly string[] | null {
  return records(git(top, ['ls-files', '-co', '--exclude-standard', '--deduplicate', '-z']));
}

/** Files that git could not give back: changed since the last commit, or untracked. Relative to `top`. */
export function gitUnsaved(
  top: string,
): { readonly changed: readonly string[]; readonly untracked: readonly string[] } | null {
  const lines = records(git(top, ['status', '--porcelain', '-z', '--no-renames', '--untracked-files=all']));
  if (lines === null) return null;
  const names = (isWanted: (line: string) => boolean) => lines.filter(isWanted).map((line) => line.slice(3));
  return { changed: names((line) => !line.startsWith('??')), untracked: names((line) => line.startsWith('??')) };
}

function records(output: string | null): readonly string[] | null {
  return output === null ? null : output.split('\0').filter((record) => record !== '');
}

function git(top: string, args: readonly string[]): string | null {
  // A hook or an alias may have set these for another repository.
  const { GIT_DIR: _dir, GIT_WORK_TREE: _tree, GIT_INDEX_FILE: _index, ...env } = process.env;
  const { status, stdout } = spawnSync('git', ['-C', top, ...args], {
    encoding: 'utf8',
    // Without its optional locks git never gets in the way of another git.
    env: { ...env, GIT_OPTIONAL_LOCKS: '0' },
    maxBuffer: OUTPUT_BYTES_MAX,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  return status === 0 ? stdout : null;
}
