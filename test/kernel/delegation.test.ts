import { expect, test } from 'vitest';
import { isV2Id, newV2Id } from '../../src/contract/ids.ts';
import type { AnyPlugin } from '../../src/contract/plugins.ts';
import { MemoryStore } from '../../src/kernel/index.ts';
import { settled } from './support/fake-clock.ts';
import { kindsOf, rig } from './support/rig.ts';

test('a task runs at once where an agent is free, and waits where none is', async () => {
  const { spawn, delegate } = rig();
  const { id } = await spawn();
  expect(await delegate()).toMatchObject({ state: 'running', agentId: id });
  expect(await delegate()).toMatchObject({ state: 'queued', agentId: null });
});

test('the agent that becomes free takes the next task', async () => {
  const { spawn, delegate, kernel, task } = rig();
  await spawn();
  const [first, second] = [await delegate(), await delegate()];
  await kernel.completeTask(first.id, { result: { answer: 42 } });
  expect(task(first)).toMatchObject({ state: 'completed', result: { answer: 42 }, token: null });
  expect(task(second)).toMatchObject({ state: 'running' });
});

test('every move of a task and its agent makes one event', async () => {
  const kernel = rig();
  const agent = await kernel.spawn();
  const task = await kernel.delegate();
  await kernel.kernel.completeTask(task.id);
  expect(await kindsOf(kernel, task)).toEqual(['task.delegated', 'task.started', 'task.completed']);
  expect(await kindsOf(kernel, agent)).toEqual(['agent.spawned', 'agent.ready', 'agent.assigned', 'agent.released']);
});

test('an agent with several places runs several tasks', async () => {
  const { spawn, delegate, agent } = rig();
  const spawned = await spawn({ tasksMax: 2 });
  const tasks = [await delegate(), await delegate(), await delegate()];
  expect(tasks.map(({ state }) => state)).toEqual(['running', 'running', 'queued']);
  expect(agent(spawned)).toMatchObject({
    taskIds: [tasks[0]?.id, tasks[1]?.id],
    currentTaskId: tasks[0]?.id,
    state: 'busy',
  });
});

test('the caller may choose the id of a task, once, also after it has ended', async () => {
  const { spawn, delegate, kernel } = rig();
  await spawn();
  await delegate({ id: 'mine' });
  await expect(delegate({ id: 'mine' })).rejects.toMatchObject({ code: 'DUPLICATE_ID' });
  await kernel.completeTask('mine');
  await expect(delegate({ id: 'mine' })).rejects.toMatchObject({ code: 'DUPLICATE_ID' });
});

test('an idempotency key runs a task once: the second caller gets the first one’s', async () => {
  const { spawn, delegate, kernel } = rig();
  await spawn();
  const request = { idempotencyKey: 'order-1', input: { n: 1 } };
  const [first, second] = await Promise.all([delegate(request), delegate(request)]);
  expect(second.id).toBe(first.id);
  await kernel.completeTask(first.id, { result: 'done' });
  expect(await delegate(request)).toMatchObject({ id: first.id, state: 'completed', result: 'done' });
  expect((await kernel.getHealthStatus()).tasks.delegatedEver).toBe(1);
});

test('an idempotency key stands for one request only', async () => {
  const { delegate } = rig();
  await delegate({ idempotencyKey: 'order-1', input: { n: 1 } });
  await expect(delegate({ idempotencyKey: 'order-1', input: { n: 2 } })).rejects.toMatchObject({
    code: 'IDEMPOTENCY_MISMATCH',
  });
});

test('when the queue is full the caller is told, and when to come back', async () => {
  const { delegate, kernel } = rig({ queueMax: 2 });
  await Promise.all([delegate(), delegate()]);
  await expect(delegate()).rejects.toMatchObject({ code: 'OVERLOADED', status: 429, retryAfterMs: expect.any(Number) });
  const health = await kernel.getHealthStatus();
  expect(health.limitsHit).toEqual({ queueMax: 1 });
  expect(health.tasks).toMatchObject({ queued: 2, queueMax: 2, delegatedEver: 2 });
});

test('a full queue refuses only what would have to wait', async () => {
  const { spawn, delegate } = rig({ queueMax: 0 });
  await spawn();
  const running = await delegate();
  expect(running.state).toBe('running');
  await expect(delegate()).rejects.toMatchObject({ code: 'OVERLOADED' });
  await spawn();
  await expect(delegate({ dependsOn: [{ taskId: running.id }] })).rejects.toMatchObject({ code: 'OVERLOADED' });
  expect(await delegate()).toMatchObject({ state: 'running' });
});

test('a signal that aborts while plugins have their say leaves no task behind', async () => {
  const controller = new AbortController();
  const hooks = { allow_task_delegate: () => controller.abort() };
  const aborting = { name: 'aborting', version: '1.0.0', says: 'for a test', hooks } as unknown as AnyPlugin;
  const { delegate, kernel } = rig({}, [aborting]);
  await expect(delegate({ signal: controller.signal })).rejects.toMatchObject({ code: 'ABORTED' });
  expect(kernel.listTasks()).toEqual([]);
});

test('the limit of the queue holds for requests that come at the same time', async () => {
  const { delegate } = rig({ queueMax: 3 });
  const outcomes = await Promise.allSettled(Array.from({ length: 10 }, () => delegate()));
  expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(3);
});

test('wrong requests are refused with every place that is wrong', async () => {
  const { kernel } = rig();
  const request = { type: '', priority: 1.5, dependsOn: [{ taskId: 't', otherwise: 'panic' }] } as never;
  await expect(kernel.delegateTask(request)).rejects.toThrow(
    /delegateTask: type: .*; priority: .*; dependsOn\.0\.otherwise: /,
  );
});

test('input that is no JSON or too large is refused', async () => {
  const { delegate } = rig({ jsonBytesMax: 100 });
  const circle: Record<string, unknown> = {};
  circle.self = circle;
  await expect(delegate({ input: circle })).rejects.toThrow('input is no JSON');
  await expect(delegate({ input: () => 1 })).rejects.toThrow('input is no JSON: a function');
  await expect(delegate({ input: 'x'.repeat(101) })).rejects.toThrow('input is 101 characters');
  await expect(delegate({ input: { deep: 'x'.repeat(100) } })).rejects.toMatchObject({ code: 'BAD_INPUT' });
});

test('keys of an input that look like the prototype are data', async () => {
  const { spawn, delegate, task } = rig();
  await spawn();
  const input = JSON.parse('{"__proto__": {"polluted": true}}');
  const delegated = await delegate({ input });
  expect(JSON.stringify(task(delegated).input)).toBe('{"__proto__":{"polluted":true}}');
  expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
});

test('completing needs a running task and, where it is given, the token of its attempt', async () => {
  const { spawn, delegate, kernel } = rig();
  const waiting = await delegate();
  await expect(kernel.completeTask(waiting.id)).rejects.toMatchObject({ code: 'ILLEGAL_MOVE' });
  await expect(kernel.completeTask('nobody')).rejects.toMatchObject({ code: 'UNKNOWN_TASK' });
  await spawn();
  const token = kernel.getTask(waiting.id)?.token ?? 0;
  await expect(kernel.completeTask(waiting.id, { token: token + 1 })).rejects.toMatchObject({ code: 'STALE_TOKEN' });
  await kernel.completeTask(waiting.id, { token });
  await expect(kernel.completeTask(waiting.id, { token })).rejects.toMatchObject({ code: 'ILLEGAL_MOVE' });
});

test('waiting for a task ends with the task, however it ended, or when the waiter has had enough', async () => {
  const { spawn, delegate, kernel, clock } = rig();
  await spawn();
  const [first, second] = [await delegate(), await delegate()];
  const waiting = kernel.waitForTask(first.id);
  await kernel.failTask(first.id, { message: 'no' });
  expect(await waiting).toMatchObject({ state: 'failed', error: { code: 'task_error', message: 'no' } });
  expect(await kernel.waitForTask(first.id)).toMatchObject({ state: 'failed' });
  const impatient = expect(kernel.waitForTask(second.id, { timeoutMs: 50 })).rejects.toMatchObject({
    code: 'WAIT_TIMEOUT',
  });
  await settled();
  await clock.advance(50);
  await impatient;
  const controller = new AbortController();
  const aborted = expect(kernel.waitForTask(second.id, { signal: controller.signal })).rejects.toMatchObject({
    code: 'ABORTED',
  });
  controller.abort();
  await aborted;
  await expect(kernel.waitForTask('nobody')).rejects.toMatchObject({ code: 'UNKNOWN_TASK' });
  expect(kernel.getTask(second.id)?.state).toBe('running');
});

test('closing the kernel frees those who wait', async () => {
  const { delegate, kernel } = rig();
  const task = await delegate();
  const waiting = expect(kernel.waitForTask(task.id)).rejects.toMatchObject({ code: 'KERNEL_CLOSED' });
  await new Promise((resolve) => setImmediate(resolve));
  await kernel.close();
  await waiting;
});

test('lists tasks newest first, by state, agent and parent', async () => {
  const { spawn, delegate, kernel } = rig();
  const { id: agentId } = await spawn();
  const first = await delegate({ id: 'first' });
  await delegate({ id: 'child', parentId: first.id });
  await kernel.completeTask('first');
  await delegate({ id: 'third' });
  const ids = (filter?: Parameters<typeof kernel.listTasks>[0]) => kernel.listTasks(filter).map(({ id }) => id);
  expect(ids()).toEqual(['third', 'child', 'first']);
  expect(ids({ states: ['queued'] })).toEqual(['third']);
  expect(ids({ agentId })).toEqual(['child', 'first']);
  expect(ids({ parentId: 'first' })).toEqual(['child']);
  expect(ids({ limit: 1 })).toEqual(['third']);
});

test('ids of V2 are told from all others', () => {
  const id = newV2Id(1_700_000_000_000, '00000000-0000-4000-8123-456789abcdef');
  expect(id).toBe('018bcfe5-6800-8ba7-8123-456789abcdef');
  expect(isV2Id(id)).toBe(true);
  expect(isV2Id(crypto.randomUUID())).toBe(false);
  expect(isV2Id('agent_0198c0de')).toBe(false);
  expect([newV2Id(2), newV2Id(1)].toSorted()[0]).toMatch(/^00000000-0001-/);
});

test('an id that the kernel was given to use is refused while a task has it', async () => {
  const { delegate, kernel } = rig({ newId: () => 'same' });
  await delegate({ type: 'one' });
  await expect(delegate({ type: 'two' })).rejects.toMatchObject({ code: 'DUPLICATE_ID' });
  expect(kernel.listTasks().map(({ type }) => type)).toEqual(['one']);
});

test('who comes second under a key is answered once the task of the first is durable', async () => {
  const store = new MemoryStore();
  const { delegate, kernel } = rig({ store });
  await kernel.start();
  void delegate({ idempotencyKey: 'k' });
  await delegate({ idempotencyKey: 'k' });
  expect(store.taskByKey('k')).not.toBeNull();
});

test('a report that is none is refused, and the task runs on', async () => {
  const { spawn, delegate, kernel, task } = rig();
  await spawn();
  const running = await delegate();
  const bad = { code: 'BAD_INPUT' };
  for (const report of [
    undefined,
    {},
    { message: 1 },
    { message: 'no', retryable: 'no' },
    { message: 'no', code: 5 },
  ]) {
    await expect(kernel.failTask(running.id, report as never)).rejects.toMatchObject(bad);
  }
  for (const completion of [null, 'done', { token: 'first' }]) {
    await expect(kernel.completeTask(running.id, completion as never)).rejects.toMatchObject(bad);
  }
  expect(task(running).state).toBe('running');
});

test('who is refused for a full queue is told when to come again, from the pace of late', async () => {
  const { spawn, delegate, clock } = rig({ queueMax: 0 });
  await spawn({ deadlines: { heartbeatMs: 'never' } });
  await delegate();
  await expect(delegate()).rejects.toMatchObject({ code: 'OVERLOADED', retryAfterMs: 100 });
  await clock.advance(5_000);
  await expect(delegate()).rejects.toMatchObject({ code: 'OVERLOADED', retryAfterMs: 5_000 });
  await clock.advance(500_000);
  await expect(delegate()).rejects.toMatchObject({ code: 'OVERLOADED', retryAfterMs: 60_000 });
});
