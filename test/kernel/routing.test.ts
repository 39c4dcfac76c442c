import { expect, test } from 'vitest';
import { settled } from './support/fake-clock.ts';
import { rig } from './support/rig.ts';

test('a task never runs on an agent that lacks a capability, though it is the only one free', async () => {
  const { spawn, delegate, task } = rig();
  await spawn({ capabilities: ['sql'] });
  const waiting = await delegate({ capabilities: ['sql', 'python'] });
  expect(waiting.state).toBe('queued');
  const fitting = await spawn({ capabilities: ['python', 'go', 'sql'] });
  expect(task(waiting)).toMatchObject({ state: 'running', agentId: fitting.id });
});

test('a role is a condition, a preferred role is a wish', async () => {
  const { spawn, delegate } = rig({ strategy: 'first_free' });
  const tester = await spawn({ role: 'tester' });
  const builder = await spawn({ role: 'builder' });
  expect(await delegate({ role: 'painter' })).toMatchObject({ state: 'queued' });
  expect(await delegate({ preferredRole: 'builder' })).toMatchObject({ agentId: builder.id });
  expect(await delegate({ preferredRole: 'builder' })).toMatchObject({ agentId: tester.id });
});

test('a task that names an agent waits for that one', async () => {
  const { spawn, delegate, kernel, task } = rig();
  const { id } = await spawn();
  await spawn();
  const [first, second, third] = [
    await delegate({ agentId: id }),
    await delegate({ agentId: id, priority: 0 }),
    await delegate({ agentId: id, priority: 100 }),
  ];
  expect([first.state, second.state, third.state]).toEqual(['running', 'queued', 'queued']);
  await kernel.completeTask(first.id);
  expect([task(second).state, task(third).state]).toEqual(['running', 'queued']);
});

test('a task that names an agent which is not there, or can never run it, is refused', async () => {
  const { spawn, delegate } = rig();
  const { id } = await spawn();
  await expect(delegate({ agentId: 'nobody' })).rejects.toMatchObject({ code: 'UNKNOWN_AGENT' });
  await expect(delegate({ agentId: id, capabilities: ['sql'] })).rejects.toMatchObject({
    code: 'NO_AGENT_AVAILABLE',
    message: `agent ${id} does not fit: it was asked for agent ${id} with sql`,
  });
});

test('whenBusy reject: the caller is told that nobody is free', async () => {
  const { spawn, delegate, kernel } = rig();
  await spawn();
  await delegate();
  await expect(delegate({ whenBusy: 'reject', role: 'tester' })).rejects.toMatchObject({
    code: 'NO_AGENT_AVAILABLE',
    message: 'no agent is free for an agent of role "tester": of 1 agents 1 are busy',
    retryAfterMs: expect.any(Number),
  });
  expect(kernel.listTasks()).toHaveLength(1);
});

test('whenBusy interrupt: the least urgent task makes room and goes on later, before those that came after it', async () => {
  const { spawn, delegate, kernel, task } = rig();
  await spawn();
  const first = await delegate({ priority: 50 });
  const later = await delegate({ priority: 50 });
  const urgent = await delegate({ priority: 90, whenBusy: 'interrupt' });
  expect([urgent.state, task(first).state]).toEqual(['running', 'queued']);
  expect(task(first).attempts).toMatchObject([
    { end: 'interrupted', error: { message: `task ${urgent.id} took its place` } },
  ]);
  await kernel.completeTask(urgent.id);
  expect([task(first).state, task(later).state]).toEqual(['running', 'queued']);
});

test('whenBusy replace: the least urgent task is cancelled', async () => {
  const { spawn, delegate, task } = rig();
  await spawn();
  const first = await delegate();
  const second = await delegate({ whenBusy: 'replace' });
  expect(task(first)).toMatchObject({ state: 'cancelled', reason: `task ${second.id} took its place` });
  expect(second.state).toBe('running');
});

test('a task never takes the place of a more urgent one: then it waits', async () => {
  const { spawn, delegate, task } = rig();
  await spawn();
  const urgent = await delegate({ priority: 90 });
  const modest = await delegate({ priority: 50, whenBusy: 'interrupt' });
  expect([task(urgent).state, modest.state]).toEqual(['running', 'queued']);
});

test('two tasks that may interrupt each other do so once, not in turns for ever', async () => {
  const { spawn, delegate, task } = rig();
  await spawn();
  const first = await delegate({ whenBusy: 'interrupt' });
  const second = await delegate({ whenBusy: 'interrupt' });
  expect([task(first).state, task(second).state]).toEqual(['queued', 'running']);
});

test('being interrupted by urgent tasks does not count as a sign that a task kills its agents', async () => {
  const { spawn, delegate, kernel, clock, task } = rig({ redrivesMax: 1, restartPauseMs: 0 });
  await spawn({ deadlines: { heartbeatMs: 1_000 } });
  const patient = await delegate({ priority: 0 });
  for (let i = 0; i < 5; i++) {
    const urgent = await delegate({ priority: 90, whenBusy: 'interrupt' });
    await kernel.completeTask(urgent.id);
  }
  await clock.advance(1_000);
  expect(task(patient)).toMatchObject({ state: 'running', attemptsEver: 7 });
  await clock.advance(1_000);
  expect(task(patient)).toMatchObject({ state: 'failed', error: { code: 'interrupted_too_often' } });
});

test('a place that was promised to an urgent task is kept for it until the runtime has let go', async () => {
  const stops: (() => void)[] = [];
  const run = () => new Promise((resolve) => stops.push(() => resolve('stopped')));
  const { spawn, delegate, task } = rig();
  await spawn({ runtime: { kind: 'function', run } });
  await delegate({ id: 'old' });
  const urgent = await delegate({ whenBusy: 'replace' });
  const other = await delegate({ priority: 100 });
  expect([urgent.state, other.state]).toEqual(['queued', 'queued']);
  stops[0]?.();
  await settled();
  expect([task(urgent).state, task(other).state, task({ id: 'old' }).state]).toEqual([
    'running',
    'queued',
    'cancelled',
  ]);
});

test('reassigning moves a running task, and the report of the first agent is refused by its token', async () => {
  const { spawn, delegate, kernel, task } = rig({ strategy: 'first_free' });
  const [first, second] = [await spawn(), await spawn()];
  const running = await delegate();
  expect(await kernel.reassign(running.id, second.id)).toMatchObject({ state: 'running', agentId: second.id });
  expect(kernel.getAgent(first.id)?.state).toBe('idle');
  await expect(kernel.completeTask(running.id, { token: running.token as number })).rejects.toMatchObject({
    code: 'STALE_TOKEN',
  });
  await kernel.completeTask(running.id, { token: task(running).token as number });
});

test('reassigning to nobody in particular keeps the task away from the agent it was taken from', async () => {
  const { spawn, delegate, kernel, task } = rig({ strategy: 'first_free' });
  const [first, second] = [await spawn(), await spawn()];
  const [moved, other] = [await delegate(), await delegate()];
  await kernel.reassign(moved.id, null);
  expect(task(moved).state).toBe('queued');
  expect(kernel.getAgent(first.id)?.state).toBe('idle');
  await kernel.completeTask(other.id);
  expect(task(moved)).toMatchObject({ state: 'running', agentId: second.id });
});

test('reassigning is refused where the task could not run', async () => {
  const { spawn, delegate, kernel } = rig();
  const { id } = await spawn({ capabilities: ['sql'] });
  const unfit = await spawn();
  const task = await delegate({ capabilities: ['sql'] });
  await expect(kernel.reassign(task.id, unfit.id)).rejects.toMatchObject({ code: 'NO_AGENT_AVAILABLE' });
  await expect(kernel.reassign(task.id, 'nobody')).rejects.toMatchObject({ code: 'UNKNOWN_AGENT' });
  await expect(kernel.reassign(task.id, null)).rejects.toMatchObject({ code: 'NO_AGENT_AVAILABLE' });
  await expect(kernel.reassign('nothing', id)).rejects.toMatchObject({ code: 'UNKNOWN_TASK' });
  await kernel.completeTask(task.id);
  await expect(kernel.reassign(task.id, id)).rejects.toMatchObject({ code: 'ILLEGAL_MOVE' });
});

test('a task that names an agent can be given to another', async () => {
  const { spawn, delegate, kernel, task } = rig();
  const [first, second] = [await spawn(), await spawn()];
  const busy = await delegate({ agentId: first.id });
  const waiting = await delegate({ agentId: first.id });
  await kernel.reassign(waiting.id, second.id);
  expect(task(waiting)).toMatchObject({ state: 'running', agentId: second.id });
  expect(task(busy).agentId).toBe(first.id);
});

test('rehearsal agents and tasks meet only each other', async () => {
  const { spawn, delegate, task } = rig();
  await spawn();
  const rehearsed = await delegate({ rehearsal: true });
  expect(rehearsed.state).toBe('queued');
  const agent = await spawn({ rehearsal: true });
  expect(task(rehearsed)).toMatchObject({ state: 'running', agentId: agent.id });
});

test('a task that waits for its own last run to stop is not overtaken on its agent, though there is a place', async () => {
  const stops: (() => void)[] = [];
  const run = () => new Promise<void>((resolve) => stops.push(resolve));
  const { spawn, delegate, kernel, task } = rig();
  const { id } = await spawn({ tasksMax: 2, runtime: { kind: 'function', run } });
  const first = await delegate({ agentId: id });
  await settled();
  await kernel.reassign(first.id, id);
  const second = await delegate({ agentId: id });
  expect([task(first).state, second.state]).toEqual(['queued', 'queued']);
  stops[0]?.();
  await settled();
  expect([task(first).state, task(second).state]).toEqual(['running', 'running']);
});

test('a task that must not run twice is not interrupted for a more urgent one; it may be replaced', async () => {
  const { spawn, delegate, task } = rig();
  await spawn();
  const once = await delegate({ whenInterrupted: 'fail' });
  const waits = await delegate({ priority: 90, whenBusy: 'interrupt' });
  expect([task(once).state, waits.state]).toEqual(['running', 'queued']);
  await delegate({ priority: 90, whenBusy: 'replace' });
  expect(task(once).state).toBe('cancelled');
});

test('a task that must not run twice is not given to another agent once it runs', async () => {
  const { spawn, delegate, kernel, task } = rig({ strategy: 'first_free' });
  const [first, second] = [await spawn(), await spawn()];
  const once = await delegate({ whenInterrupted: 'fail' });
  await expect(kernel.reassign(once.id, second.id)).rejects.toMatchObject({ code: 'ILLEGAL_MOVE' });
  await expect(kernel.reassign(once.id, null)).rejects.toThrow('must not run twice');
  expect(task(once)).toMatchObject({ state: 'running', agentId: first.id });
});

test('affinity keys that had to go are counted', async () => {
  const { spawn, delegate, kernel } = rig({ affinityKeysMax: 1, strategy: 'affinity' });
  await spawn({ tasksMax: 3 });
  for (const affinityKey of ['a', 'b', 'c']) await delegate({ affinityKey });
  expect((await kernel.getHealthStatus()).limitsHit).toEqual({ affinityKeysMax: 2 });
});
