import { serialize } from 'node:v8';
import { expect, test } from 'vitest';
import type { HookEvents } from '../../src/contract/hooks.ts';
import type { AnyPlugin } from '../../src/contract/plugins.ts';
import { type KernelConfig, MemoryStore } from '../../src/kernel/index.ts';
import { FakeClock } from './support/fake-clock.ts';
import { type Rig, rig } from './support/rig.ts';
import { tally } from './support/tally.ts';

type Tally = typeof tally;

async function started(
  store: MemoryStore | undefined,
  plugins: readonly AnyPlugin[] = [tally],
  config: KernelConfig = {},
) {
  const at = rig({ ...(store === undefined ? {} : { store }), ...config }, plugins);
  await at.kernel.start();
  return at;
}

async function spawnAndTell({ spawn, kernel }: Rig, id: string): Promise<void> {
  await spawn({ id });
  await kernel.plugins.observed();
}

const idsIn = ({ kernel }: Rig, plugin: Tally = tally) => kernel.use(plugin).ids();
const findingsOf = ({ kernel }: Rig) => kernel.plugins.findings().map(({ kind, message }) => `${kind}: ${message}`);

test('what a plugin knew when the kernel was closed it knows after a restart, and its maps, sets and dates are what they were', async () => {
  const store = new MemoryStore();
  const first = await started(store);
  await spawnAndTell(first, 'a1');
  const known = await first.kernel.use(tally).all();
  await first.kernel.close();
  const second = await started(store);
  expect(await second.kernel.use(tally).all()).toEqual(known);
  expect(known).toMatchObject({ ids: ['a1'], byRole: new Map([['tester', { count: 1 }]]), seen: new Set(['tester']) });
});

test('it is there when the plugin is initialised, and what the plugin takes hold of then stays its state', async () => {
  const store = new MemoryStore();
  const first = await started(store);
  await spawnAndTell(first, 'a1');
  await first.kernel.close();
  let held: readonly string[] = [];
  let atFirst = '';
  const holding = {
    ...tally,
    initialize: ({ state }: { state: { ids: string[] } }) => {
      held = state.ids;
      atFirst = held.join();
    },
  } as unknown as Tally;
  const second = await started(store, [holding]);
  await spawnAndTell(second, 'a2');
  expect([atFirst, held]).toEqual(['a1', ['a1', 'a2']]);
  expect(await idsIn(second, holding)).toEqual(held);
});

test('a kernel that was never closed loses what came after the last interval, no more', async () => {
  const store = new MemoryStore();
  const first = await started(store, [tally], { pluginState: { everyMs: 1_000 } });
  await spawnAndTell(first, 'a1');
  await first.clock.advance(1_000);
  await spawnAndTell(first, 'a2');
  await first.clock.advance(1_000);
  await spawnAndTell(first, 'a3');
  await first.clock.advance(999);
  expect(await idsIn(await started(store, [tally], { clock: new FakeClock() }))).toEqual(['a1', 'a2']);
});

test('a state that did not change is not written again', async () => {
  const store = new MemoryStore();
  let writes = 0;
  const put = store.putPluginState.bind(store);
  store.putPluginState = (...kept) => {
    writes += 1;
    put(...kept);
  };
  const at = await started(store, [tally], { pluginState: { everyMs: 1_000 } });
  await at.clock.advance(5_000);
  expect(writes).toBe(1);
  await spawnAndTell(at, 'a1');
  await at.clock.advance(5_000);
  await at.kernel.close();
  expect(writes).toBe(2);
});

test('the state of another version is migrated; without a way to, the plugin begins anew and that is a finding', async () => {
  const store = new MemoryStore();
  const first = await started(store);
  await spawnAndTell(first, 'a1');
  await first.kernel.close();
  const next = { ...tally, state: { ...tally.state, version: 2 } } as Tally;
  const unable = await started(store, [next]);
  expect(await idsIn(unable, next)).toEqual([]);
  expect(findingsOf(unable)).toEqual([
    'state_refused: plugin tally: saved state has version 1, the plugin has 2 and no migrate',
  ]);
  expect((await unable.kernel.getHealthStatus()).plugins).toMatchObject([{ findings: { state_refused: 1 } }]);
  const migrate = (old: unknown) => ({ ...(old as object), ids: ['migrated'] });
  const able = { ...next, state: { ...next.state, migrate } } as unknown as Tally;
  expect(await idsIn(await started(store, [able]), able)).toEqual(['migrated']);
});

test('a record that is damaged behind the state leaves nothing of it either', async () => {
  const store = new MemoryStore();
  const state = { ...tally.state?.initial(), ids: ['a1'] };
  store.putPluginState({ name: 'tally', version: 1, body: serialize({ state, alerts: 'damaged' }) }, [], 9);
  const at = await started(store);
  expect(await at.kernel.use(tally).all()).toEqual(tally.state?.initial());
  expect(findingsOf(at)).toEqual([expect.stringMatching(/^state_refused: /)]);
});

test('a migration that throws leaves nothing of the old state behind', async () => {
  const store = new MemoryStore();
  const first = await started(store);
  await spawnAndTell(first, 'a1');
  await first.kernel.close();
  const migrate = () => {
    throw new Error('cannot read it');
  };
  const broken = { ...tally, state: { ...tally.state, version: 2, migrate } } as unknown as Tally;
  const second = await started(store, [broken]);
  expect(await second.kernel.use(broken).all()).toEqual(tally.state?.initial());
  expect(findingsOf(second)).toEqual(['state_refused: cannot read it']);
});

test('a state beyond its bound, or one that cannot be copied, is not kept, and what was kept before stands', async () => {
  const store = new MemoryStore();
  let ids: unknown[] = [];
  const initialize = ({ state }: { state: { ids: unknown[] } }) => {
    ids = state.ids;
  };
  const growing = { ...tally, initialize } as unknown as Tally;
  const first = await started(store, [growing], { pluginState: { everyMs: 1_000, bytesMax: 1_000 } });
  await spawnAndTell(first, 'a1');
  await first.clock.advance(1_000);
  ids.push('x'.repeat(2_000));
  await first.clock.advance(1_000);
  expect(findingsOf(first)).toEqual([expect.stringMatching(/^state_not_kept: it takes \d+ bytes, 1000 may be kept$/)]);
  ids[1] = () => 'not data';
  await first.clock.advance(1_000);
  expect(findingsOf(first).at(-1)).toMatch(/^state_not_kept: .*could not be cloned/);
  expect(await idsIn(await started(store))).toEqual(['a1']);
});

test('a plugin that is unloaded finds its state when it is loaded again, also in another version', async () => {
  const at = await started(new MemoryStore());
  await spawnAndTell(at, 'a1');
  await at.kernel.unloadPlugin('tally');
  await at.spawn({ id: 'unseen' });
  const next = { ...tally, version: '1.1.0' } as Tally;
  await at.kernel.loadPlugin(next);
  await spawnAndTell(at, 'a2');
  expect(await idsIn(at, next)).toEqual(['a1', 'a2']);
});

test('of plugins that were loaded once, only the last are remembered; of loaded ones, all', async () => {
  const named = (name: string) => ({ ...tally, name }) as unknown as Tally;
  const store = new MemoryStore();
  const at = await started(store, [], { pluginState: { keptMax: 2 } });
  for (const name of ['p1', 'p2', 'p3']) {
    await at.kernel.loadPlugin(named(name));
    await at.kernel.unloadPlugin(name);
  }
  expect(['p1', 'p2', 'p3'].map((name) => store.pluginState(name) !== null)).toEqual([false, true, true]);
  for (const name of ['p4', 'p5', 'p6']) await at.kernel.loadPlugin(named(name));
  await at.kernel.close();
  expect(['p3', 'p4', 'p5', 'p6'].map((name) => store.pluginState(name) !== null)).toEqual([false, true, true, true]);
});

test('a store that fails to keep a state is a finding, and the next interval tries again', async () => {
  const store = new MemoryStore();
  const put = store.putPluginState.bind(store);
  store.putPluginState = () => {
    throw new Error('disk full');
  };
  const at = await started(store, [tally], { pluginState: { everyMs: 1_000 } });
  await spawnAndTell(at, 'a1');
  await at.clock.advance(1_000);
  expect(findingsOf(at)).toEqual(['state_not_kept: disk full']);
  store.putPluginState = put;
  await at.clock.advance(1_000);
  expect(await idsIn(await started(store))).toEqual(['a1']);
});

test('alerts that stood go on standing after a restart, a plugin that began anew is told of them, and they end as they began', async () => {
  const store = new MemoryStore();
  const first = await started(store);
  await spawnAndTell(first, 'a1');
  await first.kernel.close();
  const heard: string[] = [];
  const listener = {
    name: 'listener',
    version: '1.0.0',
    says: 'for a test',
    hooks: {
      on_alert_raised: ({ message }: HookEvents['on_alert_raised']) => void heard.push(`raised ${message}`),
      on_alert_resolved: ({ id }: HookEvents['on_alert_resolved']) => void heard.push(`resolved ${id}`),
    },
  } as unknown as AnyPlugin;
  const second = await started(store, [tally, listener]);
  expect((await second.kernel.getHealthStatus()).alerts).toMatchObject([{ id: 'tally:spawned', plugin: 'tally' }]);
  await second.kernel.shutdownAgent('a1');
  // Told of the agent, and then of what the other made of that.
  for (let turn = 0; turn < 2; turn++) await second.kernel.plugins.observed();
  expect(heard).toEqual(['raised a1', 'resolved tally:spawned']);
  expect((await second.kernel.getHealthStatus()).alerts).toEqual([]);
});
