import { expect, test } from 'vitest';
import type { KernelEvent } from '../../../src/contract/events.ts';
import { type Batch, type Kept, type KernelStore, NO_COUNTERS, type Row } from '../../../src/kernel/store/store.ts';

export type StoreDriver = {
  readonly name: string;
  /** An empty store. */
  open(): KernelStore;
  /** The same one after the process that wrote it died; `null` where nothing outlives it. */
  readonly reopen: ((store: KernelStore) => KernelStore) | null;
};

const KEPT: Kept = { eventsMax: 1_000, endedTasksMax: 1_000, endedAgentsMax: 1_000 };

/** What every store driver does. */
export function testStore({ name, open, reopen }: StoreDriver): void {
  test(`${name}: gives back what was committed, and of the ended only what is asked for`, () => {
    const store = open();
    store.commit(batch({ agents: [row('a1')], tasks: [row('t1'), row('t2', { ended: 1 })] }), KEPT);
    expect(store.load().agents).toMatchObject([{ id: 'a1', spec: '{"of":"a1"}', state: '{"at":0}' }]);
    expect(store.load().tasks.map(({ id }) => id)).toEqual(['t1']);
    expect(store.task('t2')).toMatchObject({ id: 't2', spec: '{"of":"t2"}', state: '{"at":0}' });
    expect(store.task('t3')).toBeNull();
    expect(store.agent('a1')?.id).toBe('a1');
    store.close();
  });

  test(`${name}: a row without a spec keeps the one it has`, () => {
    const store = open();
    store.commit(batch({ tasks: [row('t1')] }), KEPT);
    store.commit(batch({ tasks: [row('t1', { spec: null, state: '{"at":1}' })] }), KEPT);
    expect(store.task('t1')).toMatchObject({ id: 't1', spec: '{"of":"t1"}', state: '{"at":1}' });
    store.load();
    store.commit(batch({ tasks: [row('t1', { spec: null, state: '{"at":2}' })] }), KEPT);
    expect(store.task('t1')).toMatchObject({ id: 't1', spec: '{"of":"t1"}', state: '{"at":2}' });
    store.close();
  });

  test(`${name}: finds a task by its key, before and after it has ended`, () => {
    const store = open();
    store.commit(batch({ tasks: [row('t1', { key: 'k"1' })] }), KEPT);
    expect(store.taskByKey('k"1')?.id).toBe('t1');
    store.commit(batch({ tasks: [row('t1', { spec: null, key: 'k"1', ended: 1 })] }), KEPT);
    store.load();
    expect(store.taskByKey('k"1')?.id).toBe('t1');
    expect(store.taskByKey('other')).toBeNull();
    store.close();
  });

  test(`${name}: keeps the last numbers and counts`, () => {
    const store = open();
    expect(store.load().counters).toEqual(NO_COUNTERS);
    store.commit(batch({ counters: { ...NO_COUNTERS, sequence: 7, token: 3, delegated: 2 } }), KEPT);
    expect(store.load().counters).toMatchObject({ sequence: 7, token: 3, delegated: 2, completed: 0 });
    store.close();
  });

  test(`${name}: gives events after any sequence, in order and a page at a time`, () => {
    const store = open();
    store.commit(batch({ events: [event(1), event(2), event(3)] }), KEPT);
    store.commit(batch({ events: [event(4)] }), KEPT);
    expect(store.events(0, 100).map(({ sequence }) => sequence)).toEqual([1, 2, 3, 4]);
    expect(store.events(2, 100)).toEqual([event(3), event(4)]);
    expect(store.events(0, 1)[0]).toEqual(event(1));
    expect(store.events(4, 100)).toEqual([]);
    expect(store.forgottenUpTo()).toBe(0);
    store.close();
  });

  test(`${name}: lists the ended ones, newest first`, () => {
    const store = open();
    store.commit(batch({ tasks: [row('t1', { ended: 1 }), row('t2', { ended: 2 }), row('t3')] }), KEPT);
    store.commit(batch({ tasks: [row('t3', { spec: null, ended: 3 })], agents: [row('a1', { ended: 4 })] }), KEPT);
    expect(store.endedTasks(2).map(({ id }) => id)).toEqual(['t3', 't2']);
    expect(store.endedTasks(9).map(({ id }) => id)).toEqual(['t3', 't2', 't1']);
    expect(store.endedAgents(9).map(({ id }) => id)).toEqual(['a1']);
    store.close();
  });

  test(`${name}: forgets the oldest ended rows and events, never a live row, and says what is gone`, () => {
    const store = open();
    const kept = { eventsMax: 50, endedTasksMax: 20, endedAgentsMax: 5 };
    store.commit(batch({ tasks: [row('live')] }), kept);
    for (let last = 100; last <= 4_000; last += 100) {
      const numbers = Array.from({ length: 100 }, (_, i) => last - 99 + i);
      const tasks = numbers.map((n) => row(`t${n}`, { ended: n, key: `k${n}` }));
      const counters = { ...NO_COUNTERS, sequence: last, ended: last };
      store.commit({ ...batch({ tasks, events: numbers.map(event) }), counters }, kept);
    }
    const ended = store.endedTasks(10_000).map(({ id }) => id);
    expect(ended.slice(0, 20)).toEqual(Array.from({ length: 20 }, (_, i) => `t${4_000 - i}`));
    expect(ended.length).toBeLessThan(2_000);
    expect(store.task('t1')).toBeNull();
    expect(store.taskByKey('k1')).toBeNull();
    expect(store.task('live')).not.toBeNull();
    const forgotten = store.forgottenUpTo();
    expect(forgotten).toBeGreaterThan(1_000);
    expect(forgotten).toBeLessThanOrEqual(3_950);
    expect(store.events(forgotten, 1)[0]?.sequence).toBe(forgotten + 1);
    store.close();
  });

  test(`${name}: an id that ended may live again`, () => {
    const store = open();
    store.commit(batch({ agents: [row('a1', { ended: 1 })] }), KEPT);
    store.commit(batch({ agents: [row('a1', { spec: '{"of":"new"}' })] }), KEPT);
    expect(store.load().agents).toMatchObject([{ id: 'a1', spec: '{"of":"new"}', state: '{"at":0}' }]);
    expect(store.endedAgents(9)).toEqual([]);
    store.close();
  });

  test(`${name}: keeps the last state of each plugin, and forgets those written longest ago that are not loaded`, () => {
    const store = open();
    const put = (plugin: string, text: string) =>
      store.putPluginState({ name: plugin, version: 3, body: Buffer.from(text) }, ['old', plugin], 2);
    expect(store.pluginState('old')).toBeNull();
    for (const plugin of ['old', 'p1', 'p2', 'p1', 'p3']) put(plugin, `${plugin} first`);
    put('p3', 'p3 second');
    const textOf = (plugin: string) => {
      const kept = store.pluginState(plugin);
      return kept === null ? null : `${kept.version} ${Buffer.from(kept.body)}`;
    };
    expect(['old', 'p1', 'p2', 'p3'].map(textOf)).toEqual(['3 old first', '3 p1 first', null, '3 p3 second']);
    store.close();
  });

  if (reopen === null) return;

  test(`${name}: another process finds what the first one committed, folded or not`, () => {
    const first = open();
    first.commit(batch({ tasks: [row('folded'), row('ended', { ended: 1, key: 'k' })] }), KEPT);
    first.load();
    first.commit(
      batch({
        tasks: [row('fresh'), row('folded', { spec: null, state: '{"at":9}' })],
        events: [event(1)],
        counters: { ...NO_COUNTERS, sequence: 1 },
      }),
      KEPT,
    );
    first.putPluginState({ name: 'p1', version: 1, body: Buffer.from('kept') }, ['p1'], 9);
    const second = reopen(first);
    expect(Buffer.from(second.pluginState('p1')?.body ?? []).toString()).toBe('kept');
    expect(
      second
        .load()
        .tasks.map(({ id }) => id)
        .toSorted(),
    ).toEqual(['folded', 'fresh']);
    expect(second.task('folded')).toMatchObject({ id: 'folded', spec: '{"of":"folded"}', state: '{"at":9}' });
    expect(second.taskByKey('k')?.id).toBe('ended');
    expect(second.events(0, 9)).toEqual([event(1)]);
    expect(second.load().counters.sequence).toBe(1);
    second.close();
  });
}

function batch(parts: Partial<Batch>): Batch {
  return { agents: [], tasks: [], events: [], counters: NO_COUNTERS, ...parts };
}

function row(id: string, parts: Partial<Row> = {}): Row {
  return { id, spec: JSON.stringify({ of: id }), state: '{"at":0}', ended: null, key: null, ...parts };
}

/** With and without all that an event may lack. */
function event(sequence: number): KernelEvent {
  return {
    sequence,
    atMs: 5 + 2 * sequence,
    agentId: sequence % 2 === 0 ? 'a1' : null,
    taskId: `t${sequence % 3}`,
    kind: sequence % 2 === 0 ? 'task.started' : 'task.delegated',
    from: sequence % 2 === 0 ? 'queued' : null,
    to: 'running',
    detail: sequence % 4 === 0 ? `he said "${sequence}"` : null,
  };
}
