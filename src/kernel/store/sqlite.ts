import { DatabaseSync, type StatementSync } from 'node:sqlite';
import type { KernelEvent } from '../../contract/events.ts';
import type { KeptState } from '../hooks/index.ts';
import { changesText, eventsText, readChanges, readEvents } from './changes.ts';
import { type FileLock, lockFile } from './file-lock.ts';
import { SqliteTable } from './sqlite-table.ts';
import { type Batch, type Counters, type Kept, type KernelStore, NO_COUNTERS, type Row, type Stored } from './store.ts';

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS counters (id INTEGER PRIMARY KEY CHECK (id = 1), body TEXT NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS agents (
    id TEXT PRIMARY KEY, spec TEXT NOT NULL, state TEXT NOT NULL, ended INTEGER, key TEXT
  ) STRICT;
  CREATE TABLE IF NOT EXISTS tasks (
    id TEXT PRIMARY KEY, spec TEXT NOT NULL, state TEXT NOT NULL, ended INTEGER, key TEXT
  ) STRICT;
  CREATE INDEX IF NOT EXISTS agents_ended ON agents (ended) WHERE ended IS NOT NULL;
  CREATE INDEX IF NOT EXISTS tasks_ended ON tasks (ended) WHERE ended IS NOT NULL;
  CREATE UNIQUE INDEX IF NOT EXISTS tasks_key ON tasks (key) WHERE key IS NOT NULL;
  CREATE TABLE IF NOT EXISTS changes (number INTEGER PRIMARY KEY, body TEXT NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS events (last INTEGER PRIMARY KEY, body TEXT NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS plugin_states (
    number INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE, version INTEGER NOT NULL, body BLOB NOT NULL
  ) STRICT;
`;
const VERSION = 2;
/** Changed rows kept in memory before they are folded into the tables. */
const PENDING_MAX = 1_000;

/**
 * The embedded store: one SQLite file, write-ahead log, `synchronous=FULL`: what a commit returned from
 * survives a kill -9 and a power cut.
 *
 * A commit appends what changed as one row of `changes`, and the events as one of `events`: two inserts and
 * one fsync, however many tasks moved. Every thousand changed rows, and at opening and closing, `changes` is
 * folded into the tables: a task that lived and ended in between is written there once instead of three times.
 */
export class SqliteStore implements KernelStore {
  readonly #database: DatabaseSync;
  readonly #agents: SqliteTable;
  readonly #tasks: SqliteTable;
  readonly #addChanges: StatementSync;
  readonly #putCounters: StatementSync;
  readonly #addEvents: StatementSync;
  readonly #readEvents: StatementSync;
  readonly #forgetEvents: StatementSync;
  readonly #putPluginState: StatementSync;
  readonly #forgetPluginStates: StatementSync;
  readonly #lock: FileLock;
  #counters: Counters;

  /**
   * @param path a file, made when missing
   * @throws {BanyanError} STORE_IN_USE while another kernel has it open
   */
  constructor(path: string) {
    this.#lock = lockFile(path);
    try {
      this.#database = open(path);
    } catch (error) {
      this.#lock.release();
      throw error;
    }
    this.#agents = new SqliteTable(this.#database, 'agents');
    this.#tasks = new SqliteTable(this.#database, 'tasks');
    this.#addChanges = this.#database.prepare('INSERT INTO changes (body) VALUES (?)');
    this.#putCounters = this.#database.prepare(
      'INSERT INTO counters VALUES (1, ?) ON CONFLICT (id) DO UPDATE SET body = excluded.body',
    );
    this.#addEvents = this.#database.prepare('INSERT INTO events VALUES (?, ?)');
    this.#readEvents = this.#database.prepare('SELECT body FROM events WHERE last > ? ORDER BY last');
    this.#forgetEvents = this.#database.prepare('DELETE FROM events WHERE last <= ?');
    this.#putPluginState = this.#database.prepare(
      'INSERT OR REPLACE INTO plugin_states (name, version, body) VALUES (?, ?, ?)',
    );
    this.#forgetPluginStates = this.#database.prepare(
      `DELETE FROM plugin_states WHERE name NOT IN (SELECT value FROM json_each(?))
       AND number NOT IN (SELECT number FROM plugin_states ORDER BY number DESC LIMIT ?)`,
    );
    this.#counters = this.#readCounters();
    this.#recover();
  }

  load(): Stored {
    this.#foldNow();
    return { agents: this.#agents.live(), tasks: this.#tasks.live(), counters: this.#counters };
  }

  commit(batch: Batch, kept: Kept): void {
    // Before, not after: when folding fails, nothing of this batch is committed, and it can be tried again.
    if (this.#agents.pending + this.#tasks.pending >= PENDING_MAX) this.#fold(kept);
    this.#transaction(() => {
      this.#addChanges.run(changesText(batch));
      const last = batch.events.at(-1);
      if (last !== undefined) this.#addEvents.run(last.sequence, eventsText(batch.events));
    });
    this.#counters = { ...batch.counters };
    this.#take(batch.agents, batch.tasks);
  }

  agent(id: string) {
    return this.#agents.get(id);
  }

  task(id: string) {
    return this.#tasks.get(id);
  }

  taskByKey(key: string) {
    return this.#tasks.byKey(key);
  }

  endedTasks(limit: number) {
    this.#foldNow();
    return this.#tasks.ended(limit);
  }

  endedAgents(limit: number) {
    this.#foldNow();
    return this.#agents.ended(limit);
  }

  events(after: number, limit: number): readonly KernelEvent[] {
    const events: KernelEvent[] = [];
    for (const row of this.#readEvents.iterate(after)) {
      for (const event of readEvents(row.body as string)) {
        if (event.sequence > after) events.push(event);
      }
      if (events.length >= limit) break;
    }
    return events;
  }

  forgottenUpTo(): number {
    const first = this.#database.prepare('SELECT body FROM events ORDER BY last LIMIT 1').get();
    if (first === undefined) return this.#counters.sequence;
    const [event] = readEvents(first.body as string);
    return (event?.sequence ?? 1) - 1;
  }

  pluginState(name: string): KeptState | null {
    const row = this.#database.prepare('SELECT name, version, body FROM plugin_states WHERE name = ?').get(name);
    return row === undefined ? null : (row as KeptState);
  }

  putPluginState({ name, version, body }: KeptState, loaded: readonly string[], max: number): void {
    this.#transaction(() => {
      this.#putPluginState.run(name, version, body);
      this.#forgetPluginStates.run(JSON.stringify(loaded), max);
    });
  }

  close(): void {
    try {
      this.#foldNow();
    } finally {
      this.#database.close();
      this.#lock.release();
    }
  }

  /** What an earlier process committed and did not fold. */
  #recover(): void {
    for (const { body } of this.#database.prepare('SELECT body FROM changes ORDER BY number').all()) {
      const { agents, tasks, counters } = readChanges(body as string);
      this.#counters = counters;
      this.#take(agents, tasks);
    }
  }

  #take(agents: readonly Row[], tasks: readonly Row[]): void {
    this.#agents.take(agents);
    this.#tasks.take(tasks);
  }

  #foldNow(): void {
    if (this.#agents.pending + this.#tasks.pending > 0) this.#fold(null);
  }

  #fold(kept: Kept | null): void {
    this.#transaction(() => {
      this.#agents.writePending();
      this.#tasks.writePending();
      this.#putCounters.run(JSON.stringify(this.#counters));
      this.#database.exec('DELETE FROM changes');
      if (kept !== null) this.#forget(kept);
    });
    this.#agents.clearPending();
    this.#tasks.clearPending();
  }

  #forget(kept: Kept): void {
    this.#forgetEvents.run(this.#counters.sequence - kept.eventsMax);
    this.#agents.forget(kept.endedAgentsMax);
    this.#tasks.forget(kept.endedTasksMax);
  }

  #transaction(run: () => void): void {
    this.#database.exec('BEGIN IMMEDIATE');
    try {
      run();
      this.#database.exec('COMMIT');
    } catch (error) {
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
      throw error;
    }
  }

  #readCounters(): Counters {
    const row = this.#database.prepare('SELECT body FROM counters').get();
    return row === undefined ? NO_COUNTERS : { ...NO_COUNTERS, ...(JSON.parse(row.body as string) as Counters) };
  }
}

function open(path: string): DatabaseSync {
  const database = new DatabaseSync(path);
  database.exec(`
    PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA busy_timeout = 5000; PRAGMA wal_autocheckpoint = 4000;
  `);
  const version = database.prepare('PRAGMA user_version').get()?.user_version;
  if (version !== 0 && version !== VERSION) {
    database.close();
    throw new Error(`${path} holds version ${version} of the kernel's tables, this program knows ${VERSION}`);
  }
  database.exec(`${SCHEMA} PRAGMA user_version = ${VERSION};`);
  return database;
}
