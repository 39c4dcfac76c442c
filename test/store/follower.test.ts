import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, describe, expect, it } from 'vitest';
import type { Entity } from '../../src/contract/entities.ts';
import { openFollowerStore } from '../../src/store/follower.ts';
import { openSqliteStore, STATE_FILE } from '../../src/store/sqlite.ts';
import { storeContract } from './contract.ts';

const folders: string[] = [];
const folder = () => {
  const made = mkdtempSync(join(tmpdir(), 'banyan-follower-'));
  folders.push(made);
  return made;
};
afterAll(() => {
  for (const made of folders) rmSync(made, { recursive: true });
});

storeContract('that follows a writer', () => {
  const at = folder();
  const writer = openSqliteStore(at, { entitiesCachedMax: 10 });
  const open = () => {
    const follower = openFollowerStore(at, writer);
    return { ...follower, close: () => follower.close().then(writer.close) };
  };
  const store = openFollowerStore(at, writer);
  let last = { ...store, close: () => store.close().then(writer.close) };
  return {
    store: last,
    reopen: async () => {
      await store.close();
      last = open();
      return last;
    },
  };
});

const entity: Entity = {
  type: 'demo',
  kind: 'agent',
  id: 'a',
  owner: 'v2',
  ids: { legacy: null, v2: 'a' },
  twin: 'untwinned',
  createdAtMs: 1,
};
const query = { type: 'demo', kind: 'agent', by: 'client', id: 'a' } as const;

describe('followers of one writer', () => {
  it('see what another has written as soon as it is durable', async () => {
    const at = folder();
    const writer = openSqliteStore(at, { entitiesCachedMax: 10 });
    const [one, two] = [openFollowerStore(at, writer), openFollowerStore(at, writer)];
    expect(two.findEntity(query)).toBeUndefined();
    const written = one.changeEntity({ change: 'created', entity });
    expect(one.findEntity(query)).toEqual(entity);
    expect(two.findEntity(query)).toBeUndefined();
    await written;
    expect(two.findEntity(query)).toEqual(entity);
    expect(writer.findEntity(query)).toEqual(entity);
    await Promise.all([one.close(), two.close()]);
    await writer.close();
  });

  it('lose nothing of each other when both change an entity at once', async () => {
    const at = folder();
    const writer = openSqliteStore(at, { entitiesCachedMax: 10 });
    const [one, two] = [openFollowerStore(at, writer), openFollowerStore(at, writer)];
    await one.changeEntity({ change: 'created', entity });
    const name = { type: 'demo', kind: 'agent', id: 'a' };
    await Promise.all([
      one.changeEntity({ change: 'paired', ...name, side: 'legacy', sideId: 'l' }),
      two.changeEntity({ change: 'staled', ...name, evenUntwinned: true }),
    ]);
    expect(one.findEntity(query)).toEqual({ ...entity, ids: { legacy: 'l', v2: 'a' }, twin: 'stale' });
    await Promise.all([one.close(), two.close()]);
    await writer.close();
  });

  it('do not go on believing in a change that could not be made durable', async () => {
    const at = folder();
    const writer = openSqliteStore(at, { entitiesCachedMax: 10 });
    const follower = openFollowerStore(at, { ...writer, changeEntity: () => Promise.reject(new Error('gone')) });
    await expect(follower.changeEntity({ change: 'created', entity })).rejects.toThrow('gone');
    expect(follower.findEntity(query)).toBeUndefined();
    await follower.close();
    await writer.close();
  });

  it('refuse a change whose entity cannot be read, and throw nothing at once', async () => {
    const at = folder();
    const writer = openSqliteStore(at, { entitiesCachedMax: 10 });
    const follower = openFollowerStore(at, writer);
    const other = new DatabaseSync(join(at, STATE_FILE));
    other.exec('DROP TABLE entities');
    let written: Promise<void> | undefined;
    expect(() => {
      written = follower.changeEntity({ change: 'created', entity });
    }).not.toThrow();
    await expect(written).rejects.toThrow('no such table: entities');
    other.close();
    await follower.close();
    await writer.close();
  });

  it('say which folder has no store', () => {
    expect(() => openFollowerStore(folder(), {} as never)).toThrow('cannot be read');
  });
});
