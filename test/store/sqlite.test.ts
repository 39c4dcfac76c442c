import { once } from 'node:events';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Worker } from 'node:worker_threads';
import { afterAll, describe, expect, it } from 'vitest';
import type { Entity } from '../../src/contract/entities.ts';
import { initialPolicy } from '../../src/contract/policy.ts';
import { openSqliteStore, STATE_FILE } from '../../src/store/sqlite.ts';
import type { PolicyMove } from '../../src/store/store.ts';
import { storeContract } from './contract.ts';

const folders: string[] = [];
const folder = () => {
  const made = mkdtempSync(join(tmpdir(), 'banyan-store-'));
  folders.push(made);
  return join(made, 'state');
};
afterAll(() => {
  for (const made of folders) rmSync(made, { recursive: true });
});

for (const entitiesCachedMax of [10, 0])
  storeContract(`on SQLite, with ${entitiesCachedMax} in memory`, () => {
    const at = folder();
    let store = openSqliteStore(at, { entitiesCachedMax });
    return {
      store,
      reopen: async () => {
        await store.close();
        store = openSqliteStore(at, { entitiesCachedMax });
        return store;
      },
    };
  });

const ENTITY: Entity = {
  type: 'demo',
  kind: 'agent',
  id: 'a',
  owner: 'v2',
  ids: { legacy: 'l', v2: 'a' },
  twin: 'in_sync',
  createdAtMs: 1,
};
const NAME = { type: 'demo', kind: 'agent', id: 'a' };

/** Has a store for itself, in a thread of its own, until 100 ms after it has said so. */
const HOLDER = `
  const { DatabaseSync } = require('node:sqlite');
  const { parentPort, workerData } = require('node:worker_threads');
  const database = new DatabaseSync(workerData);
  database.exec('PRAGMA journal_mode = DELETE; BEGIN EXCLUSIVE');
  parentPort.postMessage('held');
  setTimeout(() => database.close(), 100);
`;

function rollback(): PolicyMove {
  const before = initialPolicy('demo');
  const next = { ...before, revision: 1, rolledBack: { by: 'ann', reason: '', atMs: 1 } };
  const line = { atMs: 1, actor: 'ann', type: 'demo', action: 'rollback', reason: '', before, after: next } as const;
  return { next, line, expectRevision: 0, entitiesToLegacy: true };
}

describe('the SQLite store', () => {
  it('shares one commit among the writes of a turn', async () => {
    const store = openSqliteStore(folder(), { entitiesCachedMax: 10 });
    await Promise.all(Array.from({ length: 100 }, (_, n) => store.saveLedger(`type${n}`, '{}')));
    expect(store.counters()).toMatchObject({ writes: 100, commits: 1 });
    await store.close();
  });

  it('finds entities that memory has let go', async () => {
    const store = openSqliteStore(folder(), { entitiesCachedMax: 2 });
    const ids = Array.from({ length: 20 }, (_, n) => `agent-${n}`);
    const entity = (id: string) =>
      ({
        type: 'demo',
        kind: 'agent',
        id,
        owner: 'v2',
        ids: { legacy: null, v2: id },
        twin: 'untwinned',
        createdAtMs: 1,
      }) as const;
    await Promise.all(ids.map((id) => store.changeEntity({ change: 'created', entity: entity(id) })));
    for (const id of ids)
      expect(store.findEntity({ type: 'demo', kind: 'agent', by: 'client', id })).toEqual(entity(id));
    await store.close();
  });

  it('knows what is not durable yet, whatever memory has let go', async () => {
    const store = openSqliteStore(folder(), { entitiesCachedMax: 3 });
    const ids = ['a', 'b', 'c'];
    const written = ids.map((id) =>
      store.changeEntity({ change: 'created', entity: { ...ENTITY, id, ids: { legacy: null, v2: id } } }),
    );
    for (const id of ids) expect(store.findEntity({ ...NAME, by: 'client', id })?.id).toBe(id);
    await Promise.all(written);
    await store.close();
  });

  it('knows a ledger that is not durable yet, and forgets one that could not be made so', async () => {
    const at = folder();
    const store = openSqliteStore(at, { entitiesCachedMax: 10 });
    const saved = [store.saveLedger('demo', '1'), store.saveLedger('demo', '2')];
    expect(store.loadLedger('demo')).toBe('2');
    await Promise.all(saved);
    const other = new DatabaseSync(join(at, STATE_FILE));
    other.exec("CREATE TRIGGER full BEFORE INSERT ON ledgers BEGIN SELECT RAISE(ABORT, 'disk full'); END");
    const refused = store.saveLedger('demo', '3');
    expect(store.loadLedger('demo')).toBe('3');
    await expect(refused).rejects.toThrow('disk full');
    expect(store.loadLedger('demo')).toBe('2');
    other.close();
    await store.close();
  });

  it('refuses writes beyond what may wait, but no move of a policy', async () => {
    const store = openSqliteStore(folder(), { entitiesCachedMax: 10 });
    const written = Array.from({ length: 10_000 }, () => store.saveLedger('demo', '{}'));
    await expect(store.changeEntity({ change: 'created', entity: ENTITY })).rejects.toThrow('wait for the store');
    expect(store.findEntity({ ...NAME, by: 'client' })).toBeUndefined();
    expect((await store.movePolicy(rollback())).line.sequence).toBe(1);
    expect(store.counters()).toEqual({ writes: 10_001, commits: 1, failedWrites: 0, refusedWrites: 1 });
    await Promise.all(written);
    await store.close();
  });

  it('finds the new owner in the instant of a rollback', async () => {
    const store = openSqliteStore(folder(), { entitiesCachedMax: 10 });
    const written = store.changeEntity({ change: 'created', entity: ENTITY });
    const moved = store.movePolicy(rollback());
    expect(store.findEntity({ ...NAME, by: 'client' })?.owner).toBe('legacy');
    await Promise.all([written, moved]);
    expect(store.findEntity({ ...NAME, by: 'client' })?.owner).toBe('legacy');
    await store.close();
  });

  it('does not go on believing in a change that could not be made durable', async () => {
    const at = folder();
    const store = openSqliteStore(at, { entitiesCachedMax: 10 });
    const other = new DatabaseSync(join(at, STATE_FILE));
    other.exec(
      'DROP TABLE entities; CREATE TABLE entities (type, kind, id, owner, legacy_id, v2_id, twin, created_at_ms CHECK (false))',
    );
    await expect(store.changeEntity({ change: 'created', entity: ENTITY })).rejects.toThrow('CHECK');
    expect(store.findEntity({ ...NAME, by: 'client' })).toBeUndefined();
    other.close();
    await store.close();
  });

  it('refuses a change whose entity cannot be read, and throws nothing at once', async () => {
    const at = folder();
    const store = openSqliteStore(at, { entitiesCachedMax: 10 });
    const other = new DatabaseSync(join(at, STATE_FILE));
    other.exec('DROP TABLE entities');
    let written: Promise<void> | undefined;
    expect(() => {
      written = store.changeEntity({ change: 'created', entity: ENTITY });
    }).not.toThrow();
    await expect(written).rejects.toThrow('no such table: entities');
    other.close();
    await store.close();
  });

  it('is opened while another connection has it for itself for a moment', async () => {
    const at = folder();
    await openSqliteStore(at, { entitiesCachedMax: 10 }).close();
    const file = join(at, STATE_FILE);
    // A file that is not in WAL mode yet, so that the mode must be changed, which waits for whoever writes.
    const holder = new Worker(HOLDER, { eval: true, workerData: file });
    await once(holder, 'message');
    const store = openSqliteStore(at, { entitiesCachedMax: 10 });
    await store.close();
    await holder.terminate();
  });

  it('is readable by its owner only', async () => {
    const at = folder();
    const store = openSqliteStore(at, { entitiesCachedMax: 10 });
    expect(statSync(at).mode & 0o777).toBe(0o700);
    await store.close();
  });

  it('says which folder cannot be used', () => {
    const file = `${folder()}-file`;
    writeFileSync(file, '');
    expect(() => openSqliteStore(file, { entitiesCachedMax: 10 })).toThrow(`the state folder ${file} cannot be used`);
  });

  it('refuses the state of a newer version', async () => {
    const at = folder();
    await openSqliteStore(at, { entitiesCachedMax: 10 }).close();
    const database = new DatabaseSync(join(at, 'banyan.sqlite'));
    database.exec('PRAGMA user_version = 99');
    database.close();
    expect(() => openSqliteStore(at, { entitiesCachedMax: 10 })).toThrow('schema 99');
  });
});
