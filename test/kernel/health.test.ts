import { expect, test } from 'vitest';
import type { AnyPlugin } from '../../src/contract/plugins.ts';
import { MemoryStore } from '../../src/kernel/index.ts';
import { settled } from './support/fake-clock.ts';
import { rig } from './support/rig.ts';

function plugin(name: string, hooks: object): AnyPlugin {
  return { name, version: '1.2.3', says: 'for a test', hooks } as AnyPlugin;
}

test('health tells of agents, tasks, store and plugins', async () => {
  const { kernel, spawn, delegate, clock } = rig({}, [plugin('quiet', {})]);
  await spawn({ deadlines: { heartbeatMs: 'never' } });
  const done = await delegate();
  await delegate();
  await delegate();
  await clock.advance(700);
  await kernel.completeTask(done.id);
  expect(await kernel.getHealthStatus()).toMatchObject({
    state: 'healthy',
    reasons: [],
    agents: { byState: { busy: 1, idle: 0 }, counted: 1, max: 50 },
    tasks: { byState: { running: 1, queued: 1 }, queued: 1, oldestQueuedMs: 700, delegatedEver: 3, completedEver: 1 },
    store: { failing: null, lastSequence: kernel.events.last },
    plugins: [{ name: 'quiet', version: '1.2.3', breaker: 'closed', errors: 0 }],
  });
});

test('health answers while a plugin hangs, names it, and shows the sections of the others', async () => {
  const hanging = plugin('hanging', { on_health_check: () => new Promise(() => undefined) });
  const sound = plugin('sound', { on_health_check: () => ({ sections: { sound: { ok: true } } }) });
  const writes = { on_health_check: { sections: 'merge' } };
  const { kernel } = rig({}, [{ ...hanging, writes } as AnyPlugin, { ...sound, writes } as AnyPlugin]);
  const health = await kernel.getHealthStatus();
  expect(health.sections).toEqual({ sound: { ok: true } });
  expect(health.plugins.find(({ name }) => name === 'hanging')).toMatchObject({ timeouts: 1 });
});

test('a plugin that hangs while it is told of a task delays no task', async () => {
  const hooks = {
    on_task_delegated: () => new Promise(() => undefined),
    on_agent_spawned: () => new Promise(() => undefined),
  };
  const { kernel, spawn, delegate } = rig({}, [plugin('hanging', hooks)]);
  await spawn();
  const task = await delegate();
  await kernel.completeTask(task.id);
  expect((await kernel.getHealthStatus()).tasks.completedEver).toBe(1);
});

test('a full queue degrades, a store that fails makes unhealthy, and both pass', async () => {
  const { kernel, delegate } = rig({ queueMax: 10 });
  const tasks = await Promise.all(Array.from({ length: 9 }, () => delegate()));
  expect(await kernel.getHealthStatus()).toMatchObject({ state: 'degraded', reasons: ['9 of at most 10 tasks wait'] });
  await kernel.cancelTask(tasks[0]?.id ?? '');
  expect((await kernel.getHealthStatus()).state).toBe('healthy');
});

test('while the store fails nothing new is begun, what runs goes on, and nothing is lost', async () => {
  const store = new MemoryStore();
  const commit = store.commit.bind(store);
  const { kernel, spawn, delegate, task, clock } = rig({
    store,
    runtimes: { echo: { kind: 'function', run: (it) => it.input } },
  });
  await spawn({ runtime: 'echo' });
  const before = await delegate({ input: 'before' });
  store.commit = () => {
    throw new Error('disk full');
  };
  await expect(delegate({ input: 'lost?' })).rejects.toMatchObject({ code: 'STORE_FAILED' });
  await expect(delegate()).rejects.toThrow("the kernel's store fails: disk full");
  await expect(spawn()).rejects.toMatchObject({ code: 'STORE_FAILED' });
  expect(await kernel.getHealthStatus()).toMatchObject({ state: 'unhealthy', store: { failing: 'disk full' } });
  store.commit = commit;
  await clock.advance(10_000);
  await settled();
  expect(await kernel.getHealthStatus()).toMatchObject({ state: 'healthy', store: { failing: null } });
  expect(task(before)).toMatchObject({ state: 'completed', result: 'before' });
  expect(kernel.listTasks().map(({ input, state }) => [input, state])).toEqual([
    ['lost?', 'completed'],
    ['before', 'completed'],
  ]);
});
