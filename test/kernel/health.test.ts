import { expect, test } from 'vitest';
import type { HookEvents } from '../../src/contract/hooks.ts';
import type { AnyPlugin, PluginContext } from '../../src/contract/plugins.ts';
import { alertsMax } from '../../src/kernel/hooks/plugin-alerts.ts';
import { MemoryStore } from '../../src/kernel/index.ts';
import { ManualStopwatch } from './hooks/support.ts';
import { settled } from './support/fake-clock.ts';
import { rig } from './support/rig.ts';

function plugin(name: string, hooks: object): AnyPlugin {
  return { name, version: '1.2.3', says: 'for a test', hooks } as AnyPlugin;
}

/** Raises an alert for each agent, as long as it is there; critical unless its role is `mild`. */
const alarm = plugin('alarm', {
  on_agent_spawned: ({ agent }: HookEvents['on_agent_spawned'], { emit }: PluginContext<unknown, unknown>) =>
    emit('on_alert_raised', {
      id: `alarm:${agent.id}`,
      severity: agent.role === 'mild' ? 'warning' : 'critical',
      message: `${agent.id} is here`,
      atMs: 1,
    }),
  on_agent_stopped: ({ agent }: HookEvents['on_agent_stopped'], { emit }: PluginContext<unknown, unknown>) =>
    emit('on_alert_resolved', { id: `alarm:${agent.id}`, atMs: 1 }),
});

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
  const stopwatch = new ManualStopwatch();
  const hanging = plugin('hanging', { on_health_check: () => new Promise(() => undefined) });
  const sound = plugin('sound', { on_health_check: () => ({ sections: { sound: { ok: true } } }) });
  const writes = { on_health_check: { sections: 'merge' } };
  const { kernel } = rig({ stopwatch }, [{ ...hanging, writes } as AnyPlugin, { ...sound, writes } as AnyPlugin]);
  const report = kernel.getHealthStatus();
  await settled();
  stopwatch.advance(10);
  const health = await report;
  expect(health.sections).toEqual({ sound: { ok: true } });
  expect(health.plugins.find(({ name }) => name === 'hanging')).toMatchObject({ timeouts: 1 });
});

test('health is there within 25 ms, however long plugins may take for their sections', async () => {
  const stopwatch = new ManualStopwatch();
  const hooks = { on_health_check: () => new Promise(() => undefined) };
  const budgets = { callMs: { on_health_check: 60_000 } };
  const { kernel } = rig({ stopwatch }, [{ ...plugin('hanging', hooks), budgets } as AnyPlugin]);
  let isThere = false;
  const report = kernel.getHealthStatus().finally(() => {
    isThere = true;
  });
  await settled();
  stopwatch.advance(24);
  await settled();
  expect(isThere).toBe(false);
  stopwatch.advance(1);
  expect(await report).toMatchObject({ sections: {}, plugins: [{ name: 'hanging', timeouts: 1 }] });
});

test('a plugin that hangs while it is told of a task delays no task', async () => {
  const hooks = {
    on_task_delegated: () => new Promise(() => undefined),
    on_agent_spawned: () => new Promise(() => undefined),
  };
  const { kernel, spawn, delegate } = rig({ stopwatch: new ManualStopwatch() }, [plugin('hanging', hooks)]);
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
  const queued = await delegate({ input: 'queued', role: 'nobody' });
  store.commit = () => {
    throw new Error('disk full');
  };
  await expect(delegate({ input: 'lost?' })).rejects.toMatchObject({ code: 'STORE_FAILED' });
  await expect(delegate()).rejects.toThrow("the kernel's store fails: disk full");
  await expect(spawn()).rejects.toMatchObject({ code: 'STORE_FAILED' });
  await expect(kernel.cancelTask(queued.id)).rejects.toMatchObject({ code: 'STORE_FAILED' });
  expect(task(queued).state).toBe('queued');
  expect(await kernel.getHealthStatus()).toMatchObject({ state: 'unhealthy', store: { failing: 'disk full' } });
  store.commit = commit;
  await clock.advance(10_000);
  await settled();
  expect(await kernel.getHealthStatus()).toMatchObject({ state: 'healthy', store: { failing: null } });
  expect(task(before)).toMatchObject({ state: 'completed', result: 'before' });
  expect(kernel.listTasks().map(({ input, state }) => [input, state])).toEqual([
    ['queued', 'queued'],
    ['lost?', 'completed'],
    ['before', 'completed'],
  ]);
});

test('health shows the alerts of plugins as long as they stand; critical ones degrade, and all end with their plugin', async () => {
  const moved: string[] = [];
  const watcher = plugin('watcher', {
    on_health_changed: ({ to }: HookEvents['on_health_changed']) => void moved.push(to),
  });
  const { kernel, spawn } = rig({}, [alarm, watcher]);
  const alert = { severity: 'critical', plugin: 'alarm', atMs: 1 };
  await spawn({ id: 'a1' });
  await kernel.plugins.observed();
  expect(await kernel.getHealthStatus()).toMatchObject({
    state: 'degraded',
    reasons: ['alarm: a1 is here'],
    alerts: [{ ...alert, id: 'alarm:a1', message: 'a1 is here' }],
  });
  await kernel.shutdownAgent('a1');
  await kernel.plugins.observed();
  expect(await kernel.getHealthStatus()).toMatchObject({ state: 'healthy', alerts: [] });
  await spawn({ id: 'mild', role: 'mild' });
  await kernel.plugins.observed();
  expect(await kernel.getHealthStatus()).toMatchObject({ state: 'healthy', alerts: [{ severity: 'warning' }] });
  await spawn({ id: 'a2' });
  await kernel.plugins.observed();
  await kernel.unloadPlugin('alarm');
  expect(await kernel.getHealthStatus()).toMatchObject({ state: 'healthy', alerts: [] });
  await kernel.plugins.observed();
  expect(moved).toEqual(['degraded', 'healthy', 'degraded', 'healthy']);
});

test('the alerts of one plugin are bounded, and that the oldest went is a finding', async () => {
  const { kernel, spawn } = rig({ agentsMax: alertsMax + 1 }, [alarm]);
  for (let i = 0; i <= alertsMax; i++) await spawn({ id: `a${i}` });
  await kernel.plugins.observed();
  const { alerts, findings } = await kernel.getHealthStatus();
  expect([alerts.length, alerts[0]?.id]).toEqual([alertsMax, 'alarm:a1']);
  expect(findings).toMatchObject([{ plugin: 'alarm', kind: 'alerts_full' }]);
});

test('health shows the last findings, and answers at once while a plugin hangs over every call', async () => {
  const hang = () => new Promise(() => undefined);
  const hooks = { on_health_check: hang, allow_task_delegate: hang, on_agent_spawned: hang };
  const stopwatch = new ManualStopwatch();
  const { kernel, delegate, spawn } = rig({ budgets: { operationMs: 20 }, stopwatch }, [plugin('hanging', hooks)]);
  await spawn();
  const delegated = delegate();
  await settled();
  stopwatch.advance(20);
  await delegated;
  const report = kernel.getHealthStatus();
  await settled();
  stopwatch.advance(10);
  const { findings, plugins, limitsHit } = await report;
  expect(findings.map(({ place, kind }) => `${place} ${kind}`)).toEqual([
    'allow_task_delegate timed_out',
    'on_health_check timed_out',
  ]);
  expect(plugins).toMatchObject([{ name: 'hanging', findings: { timed_out: 2 } }]);
  expect(limitsHit).toEqual({});
});
