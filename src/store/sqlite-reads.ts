import type { DatabaseSync } from 'node:sqlite';
import type { Entity, TwinState } from '../contract/entities.ts';
import type { AuditLine, Policy } from '../contract/policy.ts';
import type { Side } from '../contract/stages.ts';
import type { EntityCounts, EntityQuery, Store } from './store.ts';

export const ENTITY_COLUMNS = 'type, kind, id, owner, legacy_id, v2_id, twin, created_at_ms';

export type SqliteReads = Pick<Store, 'policies' | 'auditLines' | 'findEntity' | 'countEntities' | 'loadLedger'> & {
  readonly isRolledBack: (type: string) => boolean;
};

/** What is read of the tables, by whichever process has the file open; nothing is remembered here. */
export function readsOf(database: DatabaseSync): SqliteReads {
  const entityBy = (column: string) =>
    database.prepare(`SELECT ${ENTITY_COLUMNS} FROM entities WHERE type = ? AND kind = ? AND ${column} = ?`);
  const entitiesBy = { client: entityBy('id'), legacy: entityBy('legacy_id'), v2: entityBy('v2_id') };
  const policies = database.prepare('SELECT policy FROM policies ORDER BY type');
  const policyOf = database.prepare('SELECT policy FROM policies WHERE type = ?');
  const audit = database.prepare('SELECT * FROM audit ORDER BY sequence DESC LIMIT ?');
  const auditOfType = database.prepare('SELECT * FROM audit WHERE type = ? ORDER BY sequence DESC LIMIT ?');
  const counts = database.prepare(
    'SELECT owner, twin, count(*) AS n FROM entities WHERE type = ? GROUP BY owner, twin',
  );
  const ledger = database.prepare('SELECT snapshot FROM ledgers WHERE type = ?');

  return {
    policies: () => policies.all().map(policyIn),
    auditLines: ({ type, limit }) =>
      (type === undefined ? audit.all(limit) : auditOfType.all(type, limit)).map(auditLine),
    findEntity: ({ type, kind, by, id }) => {
      const row = entitiesBy[by].get(type, kind, id);
      return row === undefined ? undefined : entityOf(row);
    },
    countEntities: (type) => countsOf(counts.all(type)),
    loadLedger: (type) => ledger.get(type)?.snapshot as string | undefined,
    isRolledBack: (type) => {
      const row = policyOf.get(type);
      return row !== undefined && policyIn(row).rolledBack !== null;
    },
  };
}

type Row = Record<string, unknown>;

function policyIn(row: Row): Policy {
  return JSON.parse(String(row.policy)) as Policy;
}

function countsOf(rows: readonly Row[]): EntityCounts {
  const owned = { legacy: 0, v2: 0 };
  const twins = { untwinned: 0, in_sync: 0, stale: 0 };
  for (const row of rows) {
    owned[row.owner as Side] += Number(row.n);
    twins[row.twin as TwinState] += Number(row.n);
  }
  return { owned, twins };
}

/** The same text may be one entity's id for the client and another's on a side, so each has its own keys. */
export function entityKeys({ type, kind, id, ids }: Entity): readonly string[] {
  const keys = [entityKey({ type, kind, by: 'client', id })];
  if (ids.legacy !== null) keys.push(entityKey({ type, kind, by: 'legacy', id: ids.legacy }));
  if (ids.v2 !== null) keys.push(entityKey({ type, kind, by: 'v2', id: ids.v2 }));
  return keys;
}

/** Lengths keep keys apart whatever the ids contain. */
export function entityKey({ type, kind, by, id }: EntityQuery): string {
  return `${type.length}:${type}${kind.length}:${kind}${by}:${id}`;
}

function entityOf(row: Row): Entity {
  return {
    type: String(row.type),
    kind: String(row.kind),
    id: String(row.id),
    owner: row.owner as Side,
    ids: { legacy: row.legacy_id as string | null, v2: row.v2_id as string | null },
    twin: row.twin as TwinState,
    createdAtMs: Number(row.created_at_ms),
  };
}

function auditLine(row: Row): AuditLine {
  const before = row.before as string | null;
  return {
    sequence: Number(row.sequence),
    atMs: Number(row.at_ms),
    actor: String(row.actor),
    type: String(row.type),
    action: row.action as AuditLine['action'],
    reason: String(row.reason),
    before: before === null ? null : (JSON.parse(before) as Policy),
    after: JSON.parse(String(row.after)) as Policy,
  };
}
