import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { Row, StoredRow } from './store.ts';

/** `agents` or `tasks`: a table, and the rows that are durable elsewhere and not yet in it. */
export class SqliteTable {
  readonly #insert: StatementSync;
  readonly #update: StatementSync;
  readonly #get: StatementSync;
  readonly #byKey: StatementSync;
  readonly #live: StatementSync;
  readonly #ended: StatementSync;
  readonly #forget: StatementSync;
  readonly #pending = new Map<string, Row>();
  readonly #pendingKeys = new Map<string, string>();

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

  get pending(): number {
    return this.#pending.size;
  }

  /** Rows that changed: the next fold writes them. */
  take(rows: readonly Row[]): void {
    for (const row of rows) {
      const spec = row.spec ?? this.#pending.get(row.id)?.spec ?? null;
      this.#pending.set(row.id, spec === row.spec ? row : { ...row, spec });
      if (row.key !== null) this.#pendingKeys.set(row.key, row.id);
    }
  }

  /** Inside a transaction; they count as written once that is committed. */
  writePending(): void {
    for (const { id, spec, state, ended, key } of this.#pending.values()) {
      if (spec === null) this.#update.run(state, ended, id);
      else this.#insert.run(id, spec, state, ended, key);
    }
  }

  clearPending(): void {
    this.#pending.clear();
    this.#pendingKeys.clear();
  }

  get(id: string): StoredRow | null {
    const pending = this.#pending.get(id);
    if (pending === undefined) return rowOf(this.#get.get(id));
    const { state } = pending;
    return { id, spec: pending.spec ?? rowOf(this.#get.get(id))?.spec ?? '', state };
  }

  byKey(key: string): StoredRow | null {
    const id = this.#pendingKeys.get(key);
    return id === undefined ? rowOf(this.#byKey.get(key)) : this.get(id);
  }

  /** Of what is folded. */
  live(): readonly StoredRow[] {
    return this.#live.all() as unknown as readonly StoredRow[];
  }

  /** Of what is folded: those that ended last, newest first. */
  ended(limit: number): readonly StoredRow[] {
    return this.#ended.all(limit) as unknown as readonly StoredRow[];
  }

  /** Deletes all but the last `max` that ended. */
  forget(max: number): void {
    this.#forget.run(max);
  }
}

function rowOf(row: object | undefined): StoredRow | null {
  return row === undefined ? null : (row as StoredRow);
}
