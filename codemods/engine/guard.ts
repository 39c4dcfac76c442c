import { dirname, join } from 'node:path';
import { BanyanError } from '../../src/contract/errors.ts';
import { gitTop, gitUnsaved } from './git.ts';

const NAMED_MAX = 5;

/**
 * Refuses to write where git could not give the bytes back: a tracked file of the work tree has changes that are not
 * committed, or a file that is about to change is not tracked. Outside a work tree there is nothing to compare with.
 * @throws {BanyanError} DIRTY_TREE
 */
export function refuseDirtyTree(changing: readonly string[]): void {
  const tops = new Set(changing.map((path) => gitTop(dirname(path))).filter((top) => top !== null));
  for (const top of tops) refuseDirty(top, new Set(changing));
}

function refuseDirty(top: string, changing: ReadonlySet<string>): void {
  const unsaved = gitUnsaved(top);
  if (unsaved === null) throw new BanyanError('DIRTY_TREE', `${top}: git could not say whether the work tree is clean`);
  const atRisk = [...unsaved.changed, ...unsaved.untracked.filter((name) => changing.has(join(top, name)))];
  if (atRisk.length === 0) return;
  const named = atRisk.slice(0, NAMED_MAX).join(', ') + (atRisk.length > NAMED_MAX ? ', ...' : '');
  const files = atRisk.length === 1 ? '1 file has' : `${atRisk.length} files have`;
  throw new BanyanError('DIRTY_TREE', `${top}: ${files} changes that are not committed: ${named}`);
}
