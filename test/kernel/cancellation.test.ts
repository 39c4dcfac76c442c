import { expect, test } from 'vitest';
import type { AgentFunction } from '../../src/contract/agents.ts';
import type { AnyPlugin } from '../../src/contract/plugins.ts';
import { settled } from './support/fake-clock.ts';
import { rig } from './support/rig.ts';

/** Runs until it is asked to stop. */
const untilStopped: AgentFunction = (_task, { signal }) =>
  new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }));

test('cancelling reaches the task, its run and all its descendants', async () => {
  const aborted: string[] = [];
  const run: AgentFunction = async (task, context) => {
    context.signal.addEventListener('abort', () => aborted.push(task.type), { once: true });
    if (task.type === 'root') await context.delegate({ type: 'child' });
    if (task.type === 'child') await context.delegate({ type: 'grandchild', capabilities: ['nobody has'] });
    return untilStopped(task, context);
  };
  const { spawn, delegate, kernel } = rig();
  await spawn({ tasksMax: 5, runtime: { kind: 'function', run } });
  const root = await delegate({ type: 'root' });
  await settled(20);
  await kernel.cancelTask(root.id, 'not needed any more');
  await settled();
  const states = kernel.listTasks().map(({ type, state, reason }) => [type, state, reason]);
  expect(states).toEqual([
    ['grandchild', 'cancelled', 'its parent ended: its parent ended: not needed any more'],
    ['child', 'cancelled', 'its parent ended: not needed any more'],
    ['root', 'cancelled', 'not needed any more'],
  ]);
  expect(aborted.toSorted()).toEqual(['child', 'root']);
  expect(kernel.listAgents()[0]).toMatchObject({ state: 'idle' });
});

test('a signal given with the request cancels the task', async () => {
  const { spawn, delegate, task } = rig();
  await spawn();
  const controller = new AbortController();
  const running = await delegate({ signal: controller.signal });
  controller.abort();
  await settled();
  expect(task(running)).toMatchObject({ state: 'cancelled', reason: 'its caller aborted it' });
  await expect(delegate({ signal: controller.signal })).rejects.toMatchObject({ code: 'ABORTED' });
});

test('a task that ended leaves no listener on the signal it was given', async () => {
  const { spawn, delegate, kernel } = rig();
  await spawn();
  const controller = new AbortController();
  let listeners = 0;
  const { addEventListener, removeEventListener } = controller.signal;
  controller.signal.addEventListener = (...args: Parameters<typeof addEventListener>) => {
    listeners += 1;
    addEventListener.apply(controller.signal, args);
  };
  controller.signal.removeEventListener = (...args: Parameters<typeof removeEventListener>) => {
    listeners -= 1;
    removeEventListener.apply(controller.signal, args);
  };
  for (let i = 0; i < 20; i++) await kernel.completeTask((await delegate({ signal: controller.signal })).id);
  expect(listeners).toBe(0);
});

test('a function that does not listen keeps its place for the grace, then its answer is late', async () => {
  let answer: ((value: string) => void) | undefined;
  const run: AgentFunction = () =>
    new Promise((resolve) => {
      answer = resolve;
    });
  const { spawn, delegate, kernel, clock, task, agent } = rig({ deadlines: { killMs: 500 } });
  const { id } = await spawn({ runtime: { kind: 'function', run } });
  const first = await delegate();
  const next = await delegate();
  await kernel.cancelTask(first.id);
  expect([task(first).state, task(next).state]).toEqual(['cancelled', 'queued']);
  expect(agent({ id }).taskIds).toEqual([first.id]);
  const late = answer;
  await clock.advance(500);
  expect(task(next).state).toBe('running');
  late?.('too late');
  await settled();
  expect(task(first)).toMatchObject({ state: 'cancelled', result: null });
  expect(task(next).state).toBe('running');
  expect((await kernel.getHealthStatus()).limitsHit).toEqual({ killMs: 1 });
});

test('a task that has ended cannot be cancelled', async () => {
  const { delegate, kernel } = rig();
  const task = await delegate();
  await kernel.cancelTask(task.id);
  await expect(kernel.cancelTask(task.id)).rejects.toMatchObject({ code: 'ILLEGAL_MOVE' });
  await expect(kernel.cancelTask('nobody')).rejects.toMatchObject({ code: 'UNKNOWN_TASK' });
});

test('a failed attempt takes its children with it; a completed one lets them go on', async () => {
  const { spawn, delegate, kernel, task } = rig();
  await spawn({ tasksMax: 9 });
  const [failing, completing] = [await delegate({ retry: { attemptsMax: 2 } }), await delegate()];
  const orphan = await delegate({ parentId: failing.id });
  const heir = await delegate({ parentId: completing.id });
  await kernel.failTask(failing.id, { message: 'no' });
  await kernel.completeTask(completing.id);
  expect([task(failing).state, task(orphan).state, task(heir).state]).toEqual(['waiting', 'cancelled', 'running']);
});

test('a parent must be alive, and families end somewhere', async () => {
  const { spawn, delegate, kernel } = rig({ depthMax: 2, childrenMax: 1 });
  await spawn({ tasksMax: 9 });
  await expect(delegate({ parentId: 'nobody' })).rejects.toMatchObject({ code: 'UNKNOWN_TASK' });
  const root = await delegate();
  const child = await delegate({ parentId: root.id });
  await expect(delegate({ parentId: root.id })).rejects.toThrow('has 1 live children already');
  const grandchild = await delegate({ parentId: child.id });
  await expect(delegate({ parentId: grandchild.id })).rejects.toThrow('more than 2 generations');
  await kernel.completeTask(child.id);
  await expect(delegate({ parentId: child.id })).rejects.toMatchObject({ code: 'UNKNOWN_TASK' });
});

test('a task that is cancelled while plugins look at its result stays cancelled', async () => {
  const looking = Promise.withResolvers<void>();
  const go = Promise.withResolvers<void>();
  const hooks = {
    before_task_complete: async () => {
      looking.resolve();
      await go.promise;
    },
  };
  const writes = { before_task_complete: { result: 'exclusive' } };
  const slow = {
    name: 'slow',
    version: '1.0.0',
    says: 'for a test',
    hooks,
    writes,
    budgets: { callMs: { before_task_complete: 30_000 } },
  };
  const { spawn, delegate, kernel, task } = rig({}, [slow as AnyPlugin]);
  await spawn();
  const running = await delegate();
  const completing = expect(kernel.completeTask(running.id, { result: 1 })).rejects.toMatchObject({
    code: 'STALE_TOKEN',
  });
  await looking.promise;
  await kernel.cancelTask(running.id, 'changed my mind');
  go.resolve();
  await completing;
  expect(task(running)).toMatchObject({ state: 'cancelled', reason: 'changed my mind', result: null });
});

test('an attempt that is over by the time plugins let its child come has no child', async () => {
  const looking = Promise.withResolvers<void>();
  const go = Promise.withResolvers<void>();
  const allow_task_delegate = async ({ type }: { readonly type: string }) => {
    if (type !== 'child') return;
    looking.resolve();
    await go.promise;
  };
  const slow = {
    name: 'slow',
    version: '1.0.0',
    says: 'for a test',
    hooks: { allow_task_delegate },
    budgets: { callMs: { allow_task_delegate: 30_000 } },
  };
  const { spawn, delegate, kernel } = rig({}, [slow as unknown as AnyPlugin]);
  let refused: Promise<unknown> | null = null;
  const run: AgentFunction = (task, host) => {
    refused ??= host.delegate({ type: 'child' }).catch((error: unknown) => error);
    return untilStopped(task, host);
  };
  await spawn({ runtime: { kind: 'function', run } });
  const parent = await delegate();
  await looking.promise;
  await kernel.reassign(parent.id, parent.agentId);
  go.resolve();
  await settled();
  expect(await refused).toMatchObject({ code: 'STALE_TOKEN' });
  expect(kernel.listTasks({ parentId: parent.id })).toEqual([]);
});
