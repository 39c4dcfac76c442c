import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Entity } from '../contract/entities.ts';
import { BanyanError } from '../contract/errors.ts';
import { afterChange } from './entity-changes.ts';
import { GroupCommit } from './group-commit.ts';
import { PendingEntities } from './pending-entities.ts';
import { RecentMap } from './recent-map.ts';
import { ENTITY_COLUMNS, entityKey, entityKeys, readsOf } from './sqlite-reads.ts';
import type { EntityChange, EntityMoves, EntityQuery, PolicyMove, PolicyMoved, Store } from './store.ts';

/** The file within a state folder. */
export const STATE_FILE = 'banyan.sqlite';

/** How long another connection may have the file for itself, such as one that makes a backup. */
const BUSY_MS = 2000;

/** Raised with every change of the tables below; a newer file than the program knows is refused. */
const SCHEMA_VERSION = 1;

const SCHEMA = `
  CREATE TABLE policies (type TEXT PRIMARY KEY, revision INTEGER NOT NULL, policy TEXT NOT NULL) STRICT;
  CREATE TABLE audit (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT, type TEXT NOT NULL, at_ms INTEGER NOT NULL,
    actor TEXT NOT NULL, action TEXT NOT NULL, reason TEXT NOT NULL, before TEXT, after TEXT NOT NULL
  ) STRICT;
  CREATE TABLE entities (
    type TEXT NOT NULL, kind TEXT NOT NULL, id TEXT NOT NULL, owner TEXT NOT NULL,
    legacy_id TEXT, v2_id TEXT, twin TEXT NOT NULL, created_at_ms INTEGER NOT NULL,
    PRIMARY KEY (type, kind, id)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX entities_by_legacy_id ON entities (type, kind, legacy_id) WHERE legacy_id IS NOT NULL;
  CREATE INDEX entities_by_v2_id ON entities (type, kind, v2_id) WHERE v2_id IS NOT NULL;
  CREATE TABLE ledgers (type TEXT PRIMARY KEY, snapshot TEXT NOT NULL) STRICT;
`;

/**
 * The embedded store: one SQLite file, WAL, synchronous=FULL, group commit, the recent entities in memory.
 * @param folder the state folder; made when missing, readable by its owner only
 * @throws BanyanError STORE_FAILED when the folder or the file cannot be used
 */
export function openSqliteStore(folder: string, options: { readonly entitiesCachedMax: number }): Store {
  const database = openDatabase(folder);
  const commit = new GroupCommit(database);
  const statements = prepare(database);
  const stored = readsOf(database);
  const recent = new RecentMap<Entity>(options.entitiesCachedMax);
  const pending = new PendingEntities();
  /** Ledgers by type, for as long as they are not durable. */
  const unsaved = new Map<string, string>();

  const remember = (entity: Entity) => {
    for (const key of entityKeys(entity)) recent.set(key, entity);
  };
  const forget = (entity: Entity) => {
    for (const key of entityKeys(entity)) recent.delete(key);
  };
  const findEntity = (query: EntityQuery) => {
    const key = entityKey(query);
    const known = pending.get(key) ?? recent.get(key);
    if (known !== undefined) return known;
    const entity = stored.findEntity(query);
    if (entity !== undefined) recent.set(key, entity);
    return entity;
  };
  const write = async (change: EntityChange) => {
    let written: Entity | null = null;
    try {
      await commit.write(() => {
        written = afterChange({ ...stored, find: stored.findEntity }, change);
        if (written === null) return;
        statements.putEntity.run(entityRow(written));
        remember(written);
      });
    } catch (error) {
      if (written !== null) forget(written);
      throw error;
    }
  };

  return {
    ...stored,
    movePolicy: (move) => {
      // At once, so that no call sees the new policy with the old owners, or the other way round.
      const moved = commit.writeAtOnce(() => applyMove(statements, move));
      recent.clear();
      pending.clear();
      return moved;
    },
    findEntity,
    // Visible at once, durable with the commit: a later call of this process must see it either way.
    changeEntity: async (change) => {
      const expected = afterChange({ ...stored, find: findEntity }, change);
      return pending.until(write(change), expected);
    },
    saveLedger: async (type, snapshot) => {
      unsaved.set(type, snapshot);
      try {
        await commit.write(() => {
          statements.saveLedger.run(type, snapshot);
        });
      } finally {
        if (unsaved.get(type) === snapshot) unsaved.delete(type); // else a later one has taken its place
      }
    },
    loadLedger: (type) => unsaved.get(type) ?? stored.loadLedger(type),
    counters: () => commit.counters(),
    close: async () => {
      commit.flush();
      database.close();
    },
  };
}

function openDatabase(folder: string): DatabaseSync {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const database = new DatabaseSync(join(folder, STATE_FILE), { timeout: BUSY_MS });
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;');
    migrate(database);
    return database;
  } catch (error) {
    if (error instanceof BanyanError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new BanyanError('STORE_FAILED', `the state folder ${folder} cannot be used: ${reason}`, { cause: error });
  }
}

function migrate(database: DatabaseSync): void {
  const version = Number(database.prepare('PRAGMA user_version').get()?.user_version);
  if (version === SCHEMA_VERSION) return;
  if (version !== 0) {
    throw new BanyanError(
      'STORE_FAILED',
      `the state was written by another version of Banyan (schema ${version}, known: ${SCHEMA_VERSION})`,
    );
  }
  database.exec(`BEGIN; ${SCHEMA} PRAGMA user_version = ${SCHEMA_VERSION}; COMMIT;`);
}

function prepare(database: DatabaseSync) {
  return {
    revision: database.prepare('SELECT revision FROM policies WHERE type = ?'),
    putPolicy: database.prepare('INSERT OR REPLACE INTO policies (type, revision, policy) VALUES (?, ?, ?)'),
    addAudit: database.prepare(
      'INSERT INTO audit (type, at_ms, actor, action, reason, before, after) VALUES (?, ?, ?, ?, ?, ?, ?)',
    ),
    putEntity: database.prepare(
      `INSERT OR REPLACE INTO entities (${ENTITY_COLUMNS})
       VALUES (:type, :kind, :id, :owner, :legacy_id, :v2_id, :twin, :created_at_ms)`,
    ),
    ownedByV2: database.prepare("SELECT count(*) AS n FROM entities WHERE type = ? AND owner = 'v2'"),
    moveToLegacy: database.prepare(
      "UPDATE entities SET owner = 'legacy' WHERE type = ? AND owner = 'v2' AND twin = 'in_sync' AND legacy_id IS NOT NULL",
    ),
    saveLedger: database.prepare('INSERT OR REPLACE INTO ledgers (type, snapshot) VALUES (?, ?)'),
  };
}
type Statements = ReturnType<typeof prepare>;

function applyMove(statements: Statements, { next, line, expectRevision, entitiesToLegacy }: PolicyMove): PolicyMoved {
  const revision = Number(statements.revision.get(next.type)?.revision ?? 0);
  if (revision !== expectRevision) {
    throw new BanyanError('REVISION_MOVED', `${next.type} is at revision ${revision}, not ${expectRevision}`);
  }
  statements.putPolicy.run(next.type, next.revision, JSON.stringify(next));
  const before = line.before === null ? null : JSON.stringify(line.before);
  const { lastInsertRowid } = statements.addAudit.run(
    line.type,
    line.atMs,
    line.actor,
    line.action,
    line.reason,
    before,
    JSON.stringify(line.after),
  );
  const entities = entitiesToLegacy ? moveEntities(statements, next.type) : { moved: 0, draining: 0 };
  return { line: { ...line, sequence: Number(lastInsertRowid) }, entities };
}

function moveEntities(statements: Statements, type: string): EntityMoves {
  const moved = Number(statements.moveToLegacy.run(type).changes);
  return { moved, draining: Number(statements.ownedByV2.get(type)?.n ?? 0) };
}

function entityRow(entity: Entity) {
  return {
    type: entity.type,
    kind: entity.kind,
    id: entity.id,
    owner: entity.owner,
    legacy_id: entity.ids.legacy,
    v2_id: entity.ids.v2,
    twin: entity.twin,
    created_at_ms: entity.createdAtMs,
  };
}
