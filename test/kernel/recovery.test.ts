import { describe, expect, test } from 'vitest';
import type { Agent, ShutdownOptions } from '../../src/contract/agents.ts';
import type { AnyPlugin, PluginContext } from '../../src/contract/plugins.ts';
import { MemoryStore } from '../../src/kernel/index.ts';
import { FakeClock, settled } from './support/fake-clock.ts';
import { rig } from './support/rig.ts';

/** A kernel on the store of one that just died: the old one's clock stands still, so nothing of it is heard again. */
function afterDeath(store: MemoryStore, clock: FakeClock, config: Parameters<typeof rig>[0] = {}) {
  return rig({ store, clock: new FakeClock(clock.now()), ...config });
}

const ENDLESS = { kind: 'function', run: () => new Promise(() => {}) } as const;

/** A plugin that does something as it is initialised, while what an earlier process left is not yet taken up. */
function early(
  initialize: (context: PluginContext<unknown, unknown>) => unknown,
  hooks: AnyPlugin['hooks'] = {},
): AnyPlugin {
  return { name: 'early', version: '1.0.0', says: 'for a test', hooks, initialize } as unknown as AnyPlugin;
}

/** The kernel that follows one that died, with plugins of its own. */
function nextOf({ clock }: { readonly clock: FakeClock }, store: MemoryStore, ...plugins: readonly AnyPlugin[]) {
  return rig({ store, clock: new FakeClock(clock.now()) }, plugins);
}

test('agents and tasks can be looked up before the first call', async () => {
  const store = new MemoryStore();
  const old = rig({ store });
  const agent = await old.spawn({ capabilities: ['sql'], attributes: { tenant: 'a' } });
  const task = await old.delegate({ input: { n: 1 }, dependsOn: [], attributes: { trace: 't' } });
  const { kernel } = afterDeath(store, old.clock);
  expect(kernel.getAgent(agent.id)).toEqual(old.agent(agent));
  expect(kernel.getTask(task.id)).toEqual(old.task(task));
});

test('a manual task goes on under its token, with what is left of its deadline but never without a grace', async () => {
  const store = new MemoryStore();
  const old = rig({ store });
  await old.spawn({ deadlines: { heartbeatMs: 'never' } });
  const task = await old.delegate({ deadlines: { runMs: 60_000 } });
  await old.clock.advance(59_000);
  const next = afterDeath(store, old.clock, { deadlines: { graceMs: 5_000 } });
  await next.kernel.start();
  await next.clock.advance(4_999);
  expect(next.task(task)).toMatchObject({ state: 'running', token: task.token });
  await next.clock.advance(1);
  expect(next.task(task)).toMatchObject({ state: 'failed', error: { code: 'run_deadline' } });
});

test('a silent agent is missed after a restart as before it', async () => {
  const store = new MemoryStore();
  const old = rig({ store });
  const agent = await old.spawn({ deadlines: { heartbeatMs: 1_000 }, restart: 'temporary' });
  await old.delegate();
  const next = afterDeath(store, old.clock);
  await next.kernel.start();
  await next.clock.advance(1_000);
  expect(next.agent(agent).state).toBe('failed');
});

test('a pause before the next attempt is not started anew', async () => {
  const store = new MemoryStore();
  const old = rig({ store, random: () => 0.9999 });
  await old.spawn();
  const task = await old.delegate({ retry: { attemptsMax: 2, pauseMs: 1_000 } });
  await old.kernel.failTask(task.id, { message: 'no' });
  await old.clock.advance(900);
  const next = afterDeath(store, old.clock);
  await next.kernel.start();
  await next.clock.advance(99);
  expect(next.task(task).state).toBe('waiting');
  await next.clock.advance(1);
  expect(next.task(task).state).toBe('running');
});

test('a function without a name cannot be found again: its agent fails and says why, its task goes elsewhere', async () => {
  const store = new MemoryStore();
  const old = rig({ store, strategy: 'first_free' });
  const agent = await old.spawn({
    restart: 'temporary',
    runtime: { kind: 'function', run: () => new Promise(() => undefined) },
  });
  const other = await old.spawn({ role: 'other' });
  const task = await old.delegate();
  expect(task.agentId).toBe(agent.id);
  const next = afterDeath(store, old.clock);
  await next.kernel.start();
  await settled();
  expect(next.agent(agent)).toMatchObject({ state: 'failed', error: { code: 'not_restorable' } });
  expect(next.task(task)).toMatchObject({ state: 'running', agentId: other.id });
});

test('a shutdown that was under way is finished', async () => {
  const store = new MemoryStore();
  const old = rig({ store });
  const agent = await old.spawn();
  const task = await old.delegate();
  const begun = expect(old.kernel.shutdownAgent(agent.id, { reason: 'scale down' })).rejects.toMatchObject({
    code: 'KERNEL_CLOSED',
  });
  await settled();
  await old.kernel.close();
  await begun;
  const next = afterDeath(store, old.clock);
  await next.kernel.start();
  await settled();
  expect(next.agent(agent).state).toBe('stopped');
  expect(next.task(task).state).toBe('cancelled');
});

test('an idempotency key is remembered, by a live task and by one that has ended', async () => {
  const store = new MemoryStore();
  const old = rig({ store });
  await old.spawn();
  const done = await old.delegate({ idempotencyKey: 'k1' });
  await old.kernel.completeTask(done.id);
  const live = await old.delegate({ idempotencyKey: 'k2' });
  const next = afterDeath(store, old.clock);
  expect((await next.delegate({ idempotencyKey: 'k1' })).id).toBe(done.id);
  expect((await next.delegate({ idempotencyKey: 'k2' })).id).toBe(live.id);
});

test('children are still cancelled with their parent, and dependents still wait', async () => {
  const store = new MemoryStore();
  const old = rig({ store });
  await old.spawn({ tasksMax: 2 });
  const parent = await old.delegate();
  const child = await old.delegate({ parentId: parent.id });
  const dependent = await old.delegate({ dependsOn: [{ taskId: child.id, otherwise: 'run' }] });
  const next = afterDeath(store, old.clock);
  await next.kernel.cancelTask(parent.id);
  expect([next.task(child).state, next.task(dependent).state]).toEqual(['cancelled', 'running']);
});

test('tokens and ids of events are never given out twice', async () => {
  const store = new MemoryStore();
  const old = rig({ store });
  await old.spawn();
  const first = await old.delegate();
  const next = afterDeath(store, old.clock);
  await next.kernel.completeTask(first.id);
  const second = await next.delegate();
  expect(second.token).toBeGreaterThan(first.token as number);
});

test('what a plugin begins as it is initialised is begun as any other, beside what an earlier process left', async () => {
  const store = new MemoryStore();
  const old = rig({ store });
  await old.spawn({ id: 'left' });
  const done = await old.delegate({ id: 'running' });
  const plugin = early(async ({ kernel }) => {
    await kernel.cancelTask(done.id);
    await kernel.spawnAgent({
      id: 'own',
      role: 'own',
      runtime: { kind: 'function', run: () => new Promise(() => {}) },
    });
    await kernel.delegateTask({ id: 'on-left', type: 'work', role: 'tester' });
    await kernel.delegateTask({ id: 'on-own', type: 'work', role: 'own' });
  });
  const next = nextOf(old, store, plugin);
  await next.kernel.start();
  await settled();
  expect(next.task(done).state).toBe('cancelled');
  expect(next.task({ id: 'on-left' })).toMatchObject({ state: 'running', agentId: 'left', attemptsEver: 1 });
  expect(next.task({ id: 'on-own' })).toMatchObject({ state: 'running', agentId: 'own', attemptsEver: 1 });
  expect(next.agent({ id: 'own' }).restarts).toBe(0);
  expect(next.agent({ id: 'left' }).taskIds).toEqual(['on-left']);
});

test.each([
  ['was queued', ({ kernel }: PluginContext<unknown, unknown>) => kernel.reassign('queued', 'left')],
  ['ran', ({ kernel }: PluginContext<unknown, unknown>) => kernel.reassign('running', 'left')],
  ['waited for another', ({ kernel }: PluginContext<unknown, unknown>) => kernel.cancelTask('running')],
])('a task that %s and is moved as a plugin is initialised is started once, and blocks nobody', async (_, move) => {
  const store = new MemoryStore();
  const old = rig({ store });
  await old.spawn({ id: 'left' });
  await old.delegate({ id: 'running', agentId: 'left' });
  await old.delegate({ id: 'queued', agentId: 'left' });
  await old.delegate({ id: 'dependent', agentId: 'left', dependsOn: [{ taskId: 'running', otherwise: 'run' }] });
  const next = nextOf(old, store, early(move));
  await next.kernel.start();
  for (let left = 3; left > 0; left--) {
    const [running] = next.kernel.listTasks({ states: ['running'] });
    if (running !== undefined) await next.kernel.completeTask(running.id);
    await settled();
  }
  expect(next.kernel.listTasks({ states: ['waiting', 'queued', 'running'] })).toEqual([]);
  expect(next.agent({ id: 'left' }).state).toBe('idle');
});

test('one restart interrupts a task once, however many agents start again, and none that had not run', async () => {
  const store = new MemoryStore();
  const old = rig({ store, strategy: 'first_free', runtimes: { endless: ENDLESS } });
  for (const id of ['a', 'b', 'c', 'd', 'e']) await old.spawn({ id, runtime: 'endless' });
  const redriven = await old.delegate();
  const ends = await old.delegate({ whenInterrupted: 'fail' });
  const dependent = await old.delegate({ whenInterrupted: 'fail', dependsOn: [{ taskId: ends.id, otherwise: 'run' }] });
  const next = afterDeath(store, old.clock, { runtimes: { endless: ENDLESS } });
  await next.kernel.start();
  await settled();
  expect(next.task(redriven)).toMatchObject({ state: 'running', attemptsEver: 2 });
  expect(next.task(ends)).toMatchObject({ state: 'failed', error: { code: 'host_died' } });
  expect(next.task(dependent)).toMatchObject({ state: 'running', attemptsEver: 1 });
});

test('what was running and what waited are placed by urgency, those that name an agent as they came', async () => {
  const store = new MemoryStore();
  const old = rig({ store, runtimes: { endless: ENDLESS } });
  await old.spawn({ id: 'a', runtime: 'endless' });
  await old.delegate({ id: 'urgent', priority: 90 });
  await old.delegate({ id: 'first', priority: 1, agentId: 'a' });
  await old.delegate({ id: 'second', priority: 99, agentId: 'a' });
  await old.delegate({ id: 'shared', priority: 50 });
  const next = afterDeath(store, old.clock, { runtimes: { endless: ENDLESS } });
  await next.kernel.start();
  for (const expected of ['urgent', 'shared', 'first', 'second']) {
    await settled();
    expect(next.kernel.listTasks({ states: ['running'] }).map(({ id }) => id)).toEqual([expected]);
    await next.kernel.cancelTask(expected);
    await next.clock.advance(2_000);
  }
});

test('a task that a plugin delegates as it is initialised may take a place, and its hopelessness is told', async () => {
  const store = new MemoryStore();
  const old = rig({ store });
  await old.spawn();
  const low = await old.delegate({ priority: 1 });
  const hopeless: string[] = [];
  const plugin = early(
    async ({ kernel }) => {
      await kernel.delegateTask({ id: 'high', type: 'work', priority: 90, whenBusy: 'interrupt' });
      await kernel.delegateTask({ id: 'hopeless', type: 'work', role: 'nobody' });
    },
    { on_no_agent_available: ({ task }) => void hopeless.push(task.id) },
  );
  const next = nextOf(old, store, plugin);
  await next.kernel.start();
  await settled();
  await next.kernel.plugins.observed();
  expect([next.task(low).state, next.task({ id: 'high' }).state]).toEqual(['queued', 'running']);
  expect(hopeless).toEqual(['hopeless']);
});

test('an agent that is shut down as a plugin is initialised takes its queued tasks with it', async () => {
  const store = new MemoryStore();
  const old = rig({ store });
  await old.spawn({ id: 'left' });
  await old.delegate({ agentId: 'left' });
  const named = await old.delegate({ agentId: 'left' });
  const plugin = early(({ kernel }) => void kernel.shutdownAgent('left', { graceMs: 60_000 }).catch(() => undefined));
  const next = nextOf(old, store, plugin);
  await next.kernel.start();
  expect(next.task(named).state).toBe('cancelled');
});

describe('a shutdown that a plugin begins as it is initialised, of an agent that was busy', () => {
  /** What follows when an agent with one running task, and another beside it, is shut down so. */
  async function shutDown(options: ShutdownOptions, runtime: 'manual' | 'endless', isAwaited = false) {
    const runtimes = { endless: ENDLESS };
    const store = new MemoryStore();
    const old = rig({ store, runtimes });
    await old.spawn({ id: 'left', runtime });
    await old.delegate({ id: 'task' });
    await old.spawn({ id: 'other' });
    let done: Promise<Agent> | null = null;
    const plugin = early(async ({ kernel }) => {
      done = kernel.shutdownAgent('left', options);
      if (isAwaited) await done;
    });
    const next = rig({ store, runtimes, clock: new FakeClock(old.clock.now()) }, [plugin]);
    await next.kernel.start();
    await settled();
    return { ...next, done: done as unknown as Promise<Agent> };
  }

  test.each([true, false])('is done at once when it is forced (awaited there: %s)', async (isAwaited) => {
    const { done, task } = await shutDown({ graceful: false, unfinished: 'redrive' }, 'manual', isAwaited);
    expect((await done).state).toBe('stopped');
    expect(task({ id: 'task' })).toMatchObject({ state: 'running', agentId: 'other' });
  });

  test('waits for work that goes on outside, within its grace', async () => {
    const { done, task, kernel } = await shutDown({ graceMs: 60_000 }, 'manual');
    expect(task({ id: 'task' })).toMatchObject({ state: 'running', agentId: 'left' });
    await kernel.completeTask('task');
    expect((await done).state).toBe('stopped');
    expect(task({ id: 'task' }).state).toBe('completed');
  });

  test('does with such work as it was told when the grace is over', async () => {
    const { done, task, clock } = await shutDown({ graceMs: 60_000, unfinished: 'redrive' }, 'manual');
    await clock.advance(60_000);
    expect((await done).state).toBe('stopped');
    expect(task({ id: 'task' })).toMatchObject({ state: 'running', agentId: 'other' });
  });

  test('waits for nothing that died with the host', async () => {
    const { done, task } = await shutDown({ graceMs: 60_000 }, 'endless');
    expect((await done).state).toBe('stopped');
    expect(task({ id: 'task' })).toMatchObject({ state: 'running', agentId: 'other' });
  });
});
