import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import type { KernelEvent } from '../../contract/kernel.ts';
import {
  type Batch,
  type Counters,
  type Kept,
  type KernelStore,
  NO_COUNTERS,
  type Row,
  type Stored,
  type StoredRow,
} from './store.ts';

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS counters (id INTEGER PRIMARY KEY CHECK (id = 1), body TEXT NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS agents (
    id TEXT PRIMARY KEY, spec TEXT NOT NULL, state TEXT NOT NULL, ended INTEGER, key TEXT
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS tasks (
    id TEXT PRIMARY KEY, spec TEXT NOT NULL, state TEXT NOT NULL, ended INTEGER, key TEXT
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS agents_ended ON agents (ended) WHERE ended IS NOT NULL;
  CREATE INDEX IF NOT EXISTS tasks_ended ON tasks (ended) WHERE ended IS NOT NULL;
  CREATE UNIQUE INDEX IF NOT EXISTS tasks_key ON tasks (key) WHERE key IS NOT NULL;
  CREATE TABLE IF NOT EXISTS events (last INTEGER PRIMARY KEY, body TEXT NOT NULL) STRICT;
`;
const VERSION = 1;
/** Ended rows and old events are deleted once this many more have come: a delete per commit would double its cost. */
const FORGET_EVERY = 1_000;

/**
 * The embedded store: one SQLite file, write-ahead log, `synchronous=FULL`: what a commit returned from
 * survives a kill -9 and a power cut. A commit holds the event loop for one fsync; the journal gathers what
 * happened in a turn of the loop into one.
 */
export class SqliteStore implements KernelStore {
  readonly #database: DatabaseSync;
  readonly #agents: Table;
  readonly #tasks: Table;
  readonly #putCounters: StatementSync;
  readonly #addEvents: StatementSync;
  readonly #readEvents: StatementSync;
  readonly #forgetEvents: StatementSync;
  #forgetAtSequence = 0;
  #forgetAtEnded = 0;

  /** `path`: a file, made when missing. */
  constructor(path: string) {
    this.#database = open(path);
    this.#agents = new Table(this.#database, 'agents');
    this.#tasks = new Table(this.#database, 'tasks');
    this.#putCounters = this.#database.prepare(
      'INSERT INTO counters VALUES (1, ?) ON CONFLICT (id) DO UPDATE SET body = excluded.body',
    );
    this.#addEvents = this.#database.prepare('INSERT INTO events VALUES (?, ?)');
    this.#readEvents = this.#database.prepare('SELECT body FROM events WHERE last > ? ORDER BY last LIMIT ?');
    this.#forgetEvents = this.#database.prepare('DELETE FROM events WHERE last <= ?');
  }

  load(): Stored {
    return { agents: this.#agents.live(), tasks: this.#tasks.live(), counters: this.#counters() };
  }

  commit(batch: Batch, kept: Kept): void {
    this.#database.exec('BEGIN IMMEDIATE');
    try {
      this.#write(batch);
      this.#forget(batch.counters, kept);
      this.#database.exec('COMMIT');
    } catch (error) {
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
      throw error;
    }
  }

  agent(id: string): StoredRow | null {
    return this.#agents.get(id);
  }

  task(id: string): StoredRow | null {
    return this.#tasks.get(id);
  }

  taskByKey(key: string): StoredRow | null {
    return this.#tasks.byKey(key);
  }

  endedTasks(limit: number): readonly StoredRow[] {
    return this.#tasks.ended(limit);
  }

  endedAgents(limit: number): readonly StoredRow[] {
    return this.#agents.ended(limit);
  }

  events(after: number, limit: number): readonly KernelEvent[] {
    const events: KernelEvent[] = [];
    for (const row of this.#readEvents.iterate(after, limit)) {
      for (const event of JSON.parse(row.body as string) as KernelEvent[]) {
        if (event.sequence > after) events.push(event);
      }
      if (events.length >= limit) break;
    }
    return events;
  }

  forgottenUpTo(): number {
    const first = this.#database.prepare('SELECT body FROM events ORDER BY last LIMIT 1').get();
    if (first === undefined) return this.#counters().sequence;
    const [event] = JSON.parse(first.body as string) as KernelEvent[];
    return (event?.sequence ?? 1) - 1;
  }

  close(): void {
    this.#database.close();
  }

  #write(batch: Batch): void {
    this.#agents.put(batch.agents);
    this.#tasks.put(batch.tasks);
    const last = batch.events.at(-1);
    // One row a commit: a row an event would cost more than the fsync.
    if (last !== undefined) this.#addEvents.run(last.sequence, JSON.stringify(batch.events));
    this.#putCounters.run(JSON.stringify(batch.counters));
  }

  #forget(counters: Counters, kept: Kept): void {
    if (counters.sequence >= this.#forgetAtSequence) {
      this.#forgetEvents.run(counters.sequence - kept.eventsMax);
      this.#forgetAtSequence = counters.sequence + FORGET_EVERY;
    }
    if (counters.ended >= this.#forgetAtEnded) {
      this.#agents.forget(kept.endedAgentsMax);
      this.#tasks.forget(kept.endedTasksMax);
      this.#forgetAtEnded = counters.ended + FORGET_EVERY;
    }
  }

  #counters(): Counters {
    const row = this.#database.prepare('SELECT body FROM counters').get();
    return row === undefined ? NO_COUNTERS : { ...NO_COUNTERS, ...(JSON.parse(row.body as string) as Counters) };
  }
}

function open(path: string): DatabaseSync {
  const database = new DatabaseSync(path);
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA busy_timeout = 5000;');
  const version = database.prepare('PRAGMA user_version').get()?.user_version;
  if (version !== 0 && version !== VERSION) {
    database.close();
    throw new Error(`${path} holds version ${version} of the kernel's tables, this program knows ${VERSION}`);
  }
  database.exec(`${SCHEMA} PRAGMA user_version = ${VERSION};`);
  return database;
}

/** `agents` and `tasks` have the same columns. */
class Table {
  readonly #insert: StatementSync;
  readonly #update: StatementSync;
  readonly #get: StatementSync;
  readonly #byKey: StatementSync;
  readonly #live: StatementSync;
  readonly #ended: StatementSync;
  readonly #forget: StatementSync;

  constructor(database: DatabaseSync, name: 'agents' | 'tasks') {
    this.#insert = database.prepare(
      `INSERT INTO ${name} (id, spec, state, ended, key) VALUES (?, ?, ?, ?, ?) ON CONFLICT (id)
       DO UPDATE SET spec = excluded.spec, state = excluded.state, ended = excluded.ended, key = excluded.key`,
    );
    this.#update = database.prepare(`UPDATE ${name} SET state = ?, ended = ? WHERE id = ?`);
    this.#get = database.prepare(`SELECT id, spec, state FROM ${name} WHERE id = ?`);
    this.#byKey = database.prepare(`SELECT id, spec, state FROM ${name} WHERE key = ?`);
    this.#live = database.prepare(`SELECT id, spec, state FROM ${name} WHERE ended IS NULL`);
    this.#ended = database.prepare(
      `SELECT id, spec, state FROM ${name} WHERE ended IS NOT NULL ORDER BY ended DESC LIMIT ?`,
    );
    this.#forget = database.prepare(
      `DELETE FROM ${name} WHERE ended <= (SELECT ended FROM ${name} WHERE ended IS NOT NULL
       ORDER BY ended DESC LIMIT 1 OFFSET ?)`,
    );
  }

  put(rows: readonly Row[]): void {
    for (const row of rows) {
      if (row.spec === null) this.#update.run(row.state, row.ended, row.id);
      else this.#insert.run(row.id, row.spec, row.state, row.ended, row.key);
    }
  }

  get(id: string): StoredRow | null {
    return rowOf(this.#get.get(id));
  }

  byKey(key: string): StoredRow | null {
    return rowOf(this.#byKey.get(key));
  }

  live(): readonly StoredRow[] {
    return this.#live.all() as unknown as readonly StoredRow[];
  }

  ended(limit: number): readonly StoredRow[] {
    return this.#ended.all(limit) as unknown as readonly StoredRow[];
  }

  forget(max: number): void {
    this.#forget.run(max);
  }
}

function rowOf(row: Record<string, SQLInputValue> | undefined): StoredRow | null {
  return row === undefined ? null : (row as unknown as StoredRow);
}
