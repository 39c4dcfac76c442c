import { existsSync, realpathSync } from 'node:fs';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { BanyanError } from '../../contract/errors.ts';

export type FileLock = { release(): void };

/** A holder that is about to end may need a moment. */
const WAIT_MS = 500;
/** Two who ask whether it is held are in each other's way for less than this. */
const ASK_MS = 100;

/**
 * Keeps a second kernel, or gateway, from a store's file, in this process or another one. The lock is SQLite's own, on
 * a file beside it (`<path>-lock`), so the operating system drops it with its process, however that ends; the
 * store's file itself stays readable for backups. Who holds the lock stands in the file.
 * @param holder what the store is of, for the message
 * @throws {BanyanError} STORE_IN_USE
 */
export function lockFile(path: string, holder: 'kernel' | 'gateway' = 'kernel'): FileLock {
  if (path === ':memory:') return { release: () => {} };
  const database = new DatabaseSync(lockOf(path));
  try {
    database.exec(`PRAGMA busy_timeout = ${WAIT_MS}`);
    noteHolder(database);
    // Held until the connection closes. Others may read meanwhile, so that they can say who holds it.
    database.exec('BEGIN IMMEDIATE');
    return { release: () => database.close() };
  } catch (error) {
    const who = holderOf(database);
    database.close();
    if (!isBusy(error)) throw error;
    throw new BanyanError('STORE_IN_USE', `${path} is in use by another ${holder}${who}`, { cause: error });
  }
}

/**
 * Whether a process that lives holds the lock of a store's file; `true`, too, where that cannot be found out.
 * @param waitMs whoever has it longer than this holds it; others who ask have it for a moment
 */
export function isLocked(path: string, waitMs = ASK_MS): boolean {
  if (!existsSync(path) || !existsSync(lockOf(path))) return false;
  let database: DatabaseSync | null = null;
  try {
    database = new DatabaseSync(lockOf(path), { timeout: waitMs });
    database.exec('BEGIN IMMEDIATE; ROLLBACK');
    return false;
  } catch {
    return true; // somebody has it, or this process may not open it or write there
  } finally {
    database?.close();
  }
}

function lockOf(path: string): string {
  return `${realPath(path)}-lock`;
}

/** A link to the file must meet the lock of the file. */
function realPath(path: string): string {
  if (existsSync(path)) return realpathSync(path);
  return join(realpathSync(dirname(path)), basename(path));
}

function noteHolder(database: DatabaseSync): void {
  database.exec('BEGIN IMMEDIATE');
  database.exec(`
    CREATE TABLE IF NOT EXISTS holder (pid INTEGER NOT NULL, host TEXT NOT NULL, since TEXT NOT NULL) STRICT;
    DELETE FROM holder;
  `);
  database
    .prepare('INSERT INTO holder VALUES (?, ?, ?)')
    .run(process.pid, hostname(), new Date(Math.floor(performance.timeOrigin + performance.now())).toISOString());
  database.exec('COMMIT');
}

/** Empty where it cannot be read: the holder is just writing it. */
function holderOf(database: DatabaseSync): string {
  try {
    const row = database.prepare('SELECT pid, host, since FROM holder').get();
    if (row === undefined) return '';
    const here = row.pid === process.pid && row.host === hostname();
    const where = here ? 'this process' : `process ${row.pid}`;
    return `: ${where} on ${row.host}, since ${row.since}`;
  } catch {
    return '';
  }
}

/** SQLITE_BUSY, with any extended code. */
function isBusy(error: unknown): boolean {
  return ((error as { errcode?: number }).errcode ?? 0) % 256 === 5;
}
