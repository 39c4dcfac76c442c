import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { AnyPlugin } from '../../../src/contract/plugins.ts';
import { PLUGINS } from '../../../src/plugins/index.ts';

export const ALL_PLUGINS: readonly AnyPlugin[] = Object.values(PLUGINS);

/** Runs `use` with a folder that is gone afterwards. */
export async function withFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'banyan-bench-kernel-'));
  try {
    return await use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** One row of the size of a task, durable when it returns: the least that any kernel must pay. */
export function bareCommit(folder: string): () => void {
  const database = new DatabaseSync(join(folder, 'bare.sqlite'));
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE rows (body TEXT)');
  const insert = database.prepare('INSERT INTO rows VALUES (?)');
  const body = 'x'.repeat(1_000);
  return () => void insert.run(body);
}

export async function timed(run: () => unknown): Promise<number> {
  const startedAt = performance.now();
  await run();
  return performance.now() - startedAt;
}

export function round(value: number, digits = 2): number {
  return Number(value.toFixed(digits));
}
