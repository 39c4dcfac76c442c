import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, describe, expect, it } from 'vitest';
import { openSqliteStore } from '../../src/store/sqlite.ts';
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

storeContract('on SQLite', () => {
  const at = folder();
  let store = openSqliteStore(at, { entitiesCachedMax: 10 });
  return {
    store,
    reopen: async () => {
      await store.close();
      store = openSqliteStore(at, { entitiesCachedMax: 10 });
      return store;
    },
  };
});

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
