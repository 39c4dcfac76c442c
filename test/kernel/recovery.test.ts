import { expect, test } from 'vitest';
import type { AnyPlugin, PluginContext } from '../../src/contract/plugins.ts';
import { MemoryStore } from '../../src/kernel/index.ts';
import { FakeClock, settled } from './support/fake-clock.ts';
import { rig } from './support/rig.ts';

/** A kernel on the store of one that just died: the old one's clock stands still, so nothing of it is heard again. */
function afterDeath(store: MemoryStore, clock: FakeClock, config: Parameters<typeof rig>[0] = {}) {
  return rig({ store, clock: new FakeClock(clock.now()), ...config });
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
  const plugin = {
    name: 'early',
    version: '1.0.0',
    says: 'for a test',
    hooks: {},
    async initialize({ kernel }: PluginContext<unknown, unknown>) {
      await kernel.cancelTask(done.id);
      await kernel.spawnAgent({
        id: 'own',
        role: 'own',
        runtime: { kind: 'function', run: () => new Promise(() => {}) },
      });
      await kernel.delegateTask({ id: 'on-left', type: 'work', role: 'tester' });
      await kernel.delegateTask({ id: 'on-own', type: 'work', role: 'own' });
    },
  } as unknown as AnyPlugin;
  const next = rig({ store, clock: new FakeClock(old.clock.now()) }, [plugin]);
  await next.kernel.start();
  await settled();
  expect(next.task(done).state).toBe('cancelled');
  expect(next.task({ id: 'on-left' })).toMatchObject({ state: 'running', agentId: 'left', attemptsEver: 1 });
  expect(next.task({ id: 'on-own' })).toMatchObject({ state: 'running', agentId: 'own', attemptsEver: 1 });
  expect(next.agent({ id: 'own' }).restarts).toBe(0);
  expect(next.agent({ id: 'left' }).taskIds).toEqual(['on-left']);
});
