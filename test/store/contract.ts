import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Entity } from '../../src/contract/entities.ts';
import { initialPolicy, type Policy } from '../../src/contract/policy.ts';
import type { PolicyMove, Store } from '../../src/store/store.ts';

const agent = (id: string, over: Partial<Entity> = {}): Entity => ({
  type: 'demo',
  kind: 'agent',
  id,
  owner: 'v2',
  ids: { legacy: null, v2: id },
  twin: 'untwinned',
  createdAtMs: 1,
  ...over,
});

function move(before: Policy, change: Partial<Policy>, entitiesToLegacy = false): PolicyMove {
  const next = { ...before, ...change, revision: before.revision + 1 };
  const line = {
    atMs: 5,
    actor: 'ann',
    type: before.type,
    action: 'stage' as const,
    reason: 'because',
    before,
    after: next,
  };
  return { next, line, expectRevision: before.revision, entitiesToLegacy };
}

const put = (store: Store, entity: Entity) => store.changeEntity({ change: 'created', entity });
const NAME = { type: 'demo', kind: 'agent', id: 'a' };

/** The suite that every store driver passes. `reopen` gives the same state in a new store, as after a restart. */
export function storeContract(name: string, open: () => { store: Store; reopen: () => Promise<Store> }): void {
  describe(`the store ${name}`, () => {
    let store: Store;
    let reopen: () => Promise<Store>;
    beforeEach(() => {
      ({ store, reopen } = open());
    });
    afterEach(() => store.close());

    it('starts with nothing', () => {
      expect(store.policies()).toEqual([]);
      expect(store.auditLines({ limit: 10 })).toEqual([]);
      expect(store.findEntity({ type: 'demo', kind: 'agent', by: 'client', id: 'x' })).toBeUndefined();
      expect(store.loadLedger('demo')).toBeUndefined();
    });

    it('keeps policies and the audit log over a restart', async () => {
      const first = move(initialPolicy('demo'), { stage: 'shadow' });
      const second = move(first.next, { stage: 'ramp', sharePpm: 50_000 });
      await store.movePolicy(first);
      await store.movePolicy(second);
      store = await reopen();
      expect(store.policies()).toEqual([second.next]);
      const lines = store.auditLines({ type: 'demo', limit: 10 });
      expect(lines.map((line) => line.sequence)).toEqual([2, 1]);
      expect(lines[0]).toEqual({ ...second.line, sequence: 2 });
      expect(lines[0]?.before).toEqual(lines[1]?.after);
    });

    it('refuses a move from another revision and changes nothing', async () => {
      const first = move(initialPolicy('demo'), { stage: 'shadow' });
      await store.movePolicy(first);
      await expect(store.movePolicy(first)).rejects.toMatchObject({ code: 'REVISION_MOVED' });
      expect(store.policies()).toEqual([first.next]);
      expect(store.auditLines({ limit: 10 })).toHaveLength(1);
    });

    it('lets one of two racing moves win', async () => {
      const before = initialPolicy('demo');
      const results = await Promise.allSettled([
        store.movePolicy(move(before, { stage: 'shadow' })),
        store.movePolicy(move(before, { stage: 'live' })),
      ]);
      expect(results.map((result) => result.status)).toEqual(['fulfilled', 'rejected']);
      expect(store.auditLines({ limit: 10 })).toHaveLength(1);
    });

    it('finds an entity by each of its ids, at once and after a restart', async () => {
      const twinned = agent('a', { ids: { legacy: 'l', v2: 'a' }, twin: 'in_sync' });
      const written = put(store, twinned);
      const find = (by: 'client' | 'legacy' | 'v2', id: string) =>
        store.findEntity({ type: 'demo', kind: 'agent', by, id });
      expect([find('client', 'a'), find('legacy', 'l'), find('v2', 'a')]).toEqual([twinned, twinned, twinned]);
      await written;
      store = await reopen();
      expect([find('client', 'a'), find('legacy', 'l'), find('v2', 'a')]).toEqual([twinned, twinned, twinned]);
      expect(find('client', 'l')).toBeUndefined();
    });

    it('keeps kinds, types and sides with equal ids apart', async () => {
      const one = agent('7', { ids: { legacy: '8', v2: '7' } });
      const other = agent('8', { ids: { legacy: '9', v2: '8' } });
      await Promise.all([put(store, one), put(store, other)]);
      expect(store.findEntity({ type: 'demo', kind: 'agent', by: 'client', id: '8' })).toEqual(other);
      expect(store.findEntity({ type: 'demo', kind: 'agent', by: 'legacy', id: '8' })).toEqual(one);
      expect(store.findEntity({ type: 'demo', kind: 'task', by: 'client', id: '8' })).toBeUndefined();
      expect(store.findEntity({ type: 'other', kind: 'agent', by: 'client', id: '8' })).toBeUndefined();
    });

    it('moves the in-sync entities of V2 to legacy together with the policy, and no other', async () => {
      await Promise.all([
        put(store, agent('synced', { ids: { legacy: 'l1', v2: 'synced' }, twin: 'in_sync' })),
        put(store, agent('stale', { ids: { legacy: 'l2', v2: 'stale' }, twin: 'stale' })),
        put(store, agent('alone')),
        put(store, agent('elsewhere', { type: 'other', ids: { legacy: 'l3', v2: 'elsewhere' }, twin: 'in_sync' })),
      ]);
      const { entities } = await store.movePolicy(move(initialPolicy('demo'), {}, true));
      expect(entities).toEqual({ moved: 1, draining: 2 });
      const owner = (id: string, type = 'demo') => store.findEntity({ type, kind: 'agent', by: 'client', id })?.owner;
      expect([owner('synced'), owner('stale'), owner('alone'), owner('elsewhere', 'other')]).toEqual([
        'legacy',
        'v2',
        'v2',
        'v2',
      ]);
      expect(store.countEntities('demo')).toEqual({
        owned: { legacy: 1, v2: 2 },
        twins: { untwinned: 1, in_sync: 1, stale: 1 },
      });
    });

    it('counts entities that were put just before a move', async () => {
      const written = put(store, agent('late', { ids: { legacy: 'l', v2: 'late' }, twin: 'in_sync' }));
      const { entities } = await store.movePolicy(move(initialPolicy('demo'), {}, true));
      await written;
      expect(entities).toEqual({ moved: 1, draining: 0 });
    });

    it('does not create what is known already', async () => {
      await put(store, agent('a'));
      await put(store, agent('a', { owner: 'legacy' }));
      store = await reopen();
      expect(store.findEntity({ ...NAME, by: 'client' })?.owner).toBe('v2');
    });

    it('pairs an entity with its twin, but with no other entity', async () => {
      await Promise.all([put(store, agent('a')), put(store, agent('b', { ids: { legacy: 'taken', v2: 'b' } }))]);
      await store.changeEntity({ change: 'paired', ...NAME, side: 'legacy', sideId: 'taken' });
      expect(store.findEntity({ ...NAME, by: 'client' })?.twin).toBe('untwinned');
      const written = store.changeEntity({ change: 'paired', ...NAME, side: 'legacy', sideId: 'l' });
      const expected = agent('a', { ids: { legacy: 'l', v2: 'a' }, twin: 'in_sync' });
      expect(store.findEntity({ ...NAME, by: 'legacy', id: 'l' })).toEqual(expected);
      await written;
      store = await reopen();
      expect(store.findEntity({ ...NAME, by: 'legacy', id: 'l' })).toEqual(expected);
    });

    it('gives legacy an entity whose twin is learned after a rollback', async () => {
      await put(store, agent('a'));
      const rolledBack = { by: 'ann', reason: '', atMs: 1 };
      await store.movePolicy(move(initialPolicy('demo'), { rolledBack }, true));
      await store.changeEntity({ change: 'paired', ...NAME, side: 'legacy', sideId: 'l' });
      expect(store.findEntity({ ...NAME, by: 'client' })).toMatchObject({ owner: 'legacy', twin: 'in_sync' });
    });

    it('does not trust a twin that is learned after a write which it missed', async () => {
      await Promise.all([put(store, agent('a')), put(store, agent('b'))]);
      await store.changeEntity({ change: 'staled', ...NAME, evenUntwinned: true });
      await store.changeEntity({ change: 'staled', ...NAME, id: 'b', evenUntwinned: false });
      await store.changeEntity({ change: 'paired', ...NAME, side: 'legacy', sideId: 'l' });
      store = await reopen();
      expect(store.findEntity({ ...NAME, by: 'client' })).toMatchObject({ ids: { legacy: 'l' }, twin: 'stale' });
      expect(store.findEntity({ ...NAME, id: 'b', by: 'client' })?.twin).toBe('untwinned');
    });

    it('replaces a ledger whole', async () => {
      await store.saveLedger('demo', '{"a":1}');
      await store.saveLedger('demo', '{"b":2}');
      store = await reopen();
      expect(store.loadLedger('demo')).toBe('{"b":2}');
    });
  });
}
