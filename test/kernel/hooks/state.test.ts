import { describe, expect, it } from 'vitest';
import { restoreInto } from '../../../src/kernel/hooks/state.ts';
import { failureOf, load, plugin } from './support.ts';

type Counts = {
  byRole: Map<string, { count: number }>;
  list: { id: string }[];
  seen: Set<string>;
  last: string | null;
};
const initial = (): Counts => ({ byRole: new Map(), list: [], seen: new Set(), last: null });

function counting(name: string, held: { state?: Counts; roles?: Map<string, { count: number }> } = {}) {
  return plugin(name, {
    state: { version: 1, initial },
    initialize: ({ state }) => {
      held.state = state as Counts;
      held.roles = held.state.byRole;
    },
  });
}

describe("a plugin's state", () => {
  it('is its own: plugins of one definition do not share it', async () => {
    const held = { a: {} as { state?: Counts }, b: {} as { state?: Counts } };
    await load([counting('a', held.a), counting('b', held.b)]);
    held.a.state?.list.push({ id: '1' });
    expect(held.b.state?.list).toEqual([]);
  });

  it('is restored in place, so that references to it and to its parts stay valid', async () => {
    const held: { state?: Counts; roles?: Map<string, { count: number }> } = {};
    const plugins = await load([counting('a', held)]);
    const { state, roles } = held as Required<typeof held>;
    const worker = { count: 1 };
    roles.set('worker', worker);
    state.list.push({ id: '1' }, { id: '2' });
    const first = state.list[0];
    const snapshot = await plugins.snapshot();

    worker.count = 7;
    roles.set('boss', { count: 1 });
    state.list.length = 0;
    state.list.push(first as { id: string });
    state.seen.add('x');
    state.last = 'now';
    await plugins.restore(snapshot);

    expect(state).toEqual({
      byRole: new Map([['worker', { count: 1 }]]),
      list: [{ id: '1' }, { id: '2' }],
      seen: new Set(),
      last: null,
    });
    expect(state.byRole).toBe(roles);
    expect(roles.get('worker')).toBe(worker);
    expect(state.list[0]).toBe(first);
  });

  it('is copied into a snapshot and out of it', async () => {
    const held: { state?: Counts } = {};
    const plugins = await load([counting('a', held)]);
    held.state?.list.push({ id: '1' });
    const snapshot = await plugins.snapshot();
    held.state?.list.push({ id: '2' });
    await plugins.restore(snapshot);
    held.state?.list.push({ id: '3' });
    expect(snapshot).toMatchObject({ a: { version: 1, state: { list: [{ id: '1' }] } } });
  });

  it('of the last run is there after loading, after it was migrated', async () => {
    const held: { state?: { total: number } } = {};
    const current = plugin('a', {
      state: { version: 2, initial: () => ({ total: 0 }), migrate: (old) => ({ total: (old as { sum: number }).sum }) },
      initialize: ({ state }) => {
        held.state = state as { total: number };
      },
    });
    await load([current], { saved: { a: { version: 1, state: { sum: 42 } } } });
    expect(held.state).toEqual({ total: 42 });
  });

  it('of another version without a migration is refused, not dropped', async () => {
    const disposed: string[] = [];
    const parts = { state: { version: 3, initial: () => ({}) }, dispose: () => void disposed.push('a') };
    expect(await failureOf(() => load([plugin('a', parts)], { saved: { a: { version: 2, state: {} } } }))).toEqual({
      code: 'PLUGIN_INVALID',
      message: 'plugin a: saved state has version 2, the plugin has 3 and no migrate',
    });
    expect(disposed).toEqual(['a']);
  });
});

describe('restoring in place', () => {
  it('replaces what is of another kind', () => {
    const target = { a: [1], b: { c: 1 }, d: 1 };
    restoreInto(target, { a: { x: 1 }, b: [2], d: new Date(0) });
    expect(target).toEqual({ a: { x: 1 }, b: [2], d: new Date(0) });
  });

  it('follows a structure that contains itself', () => {
    const loop = (value: number) => {
      const node: { value: number; self?: unknown } = { value };
      node.self = node;
      return node;
    };
    const target = loop(1);
    restoreInto(target, loop(2));
    expect(target.value).toBe(2);
    expect(target.self).toBe(target);
  });

  it('does not let a saved key reach a prototype', () => {
    const target: Record<string, unknown> = {};
    restoreInto(target, JSON.parse('{"__proto__": {"isAdmin": true}, "constructor": 1}'));
    expect(target.isAdmin).toBeUndefined();
    expect(target.constructor).toBe(1);
  });
});
