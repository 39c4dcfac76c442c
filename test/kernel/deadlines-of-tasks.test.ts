import { expect, test } from 'vitest';
import { topic } from '../../src/contract/bus.ts';
import { settled } from './support/fake-clock.ts';
import { rig } from './support/rig.ts';

const MINUTE_MS = 60_000;

test('without a word said, every wait ends: queue, run and silence have deadlines', async () => {
  const { spawn, delegate, clock, task } = rig();
  const queued = await delegate({ role: 'nobody' });
  await clock.advance(10 * MINUTE_MS);
  expect(task(queued)).toMatchObject({ state: 'failed', error: { code: 'queue_deadline' } });
  const agent = await spawn({ restart: 'temporary' });
  const running = await delegate({ retry: { attemptsMax: 1 }, whenInterrupted: 'fail' });
  await clock.advance(5 * MINUTE_MS);
  expect(task(running)).toMatchObject({ state: 'failed', error: { code: 'heartbeat_lost' } });
  expect(agent.id).toBe(task(running).agentId);
});

test('an attempt that runs too long fails', async () => {
  const { spawn, delegate, clock, task, agent } = rig();
  const { id } = await spawn({ deadlines: { heartbeatMs: 'never' } });
  const running = await delegate({ deadlines: { runMs: 1_000 } });
  await clock.advance(999);
  expect(task(running).state).toBe('running');
  await clock.advance(1);
  expect(task(running)).toMatchObject({ state: 'failed', error: { code: 'run_deadline' } });
  expect(agent({ id }).state).toBe('idle');
});

test('"never" means never', async () => {
  const { spawn, delegate, clock, task } = rig();
  const queued = await delegate({ role: 'x', deadlines: { queueMs: 'never' } });
  await spawn({ deadlines: { heartbeatMs: 'never' } });
  const running = await delegate({ deadlines: { runMs: 'never' } });
  await clock.advance(365 * 24 * 60 * MINUTE_MS);
  expect([task(queued).state, task(running).state]).toEqual(['queued', 'running']);
});

test('a child runs no longer than what was left of its parent’s attempt when it started', async () => {
  const { spawn, delegate, kernel, clock, task } = rig();
  await spawn({ tasksMax: 2, deadlines: { heartbeatMs: 'never' } });
  const parent = await delegate({ deadlines: { runMs: 1_000 } });
  await clock.advance(600);
  const child = await delegate({ parentId: parent.id, deadlines: { runMs: 10_000 } });
  await kernel.completeTask(parent.id);
  await clock.advance(399);
  expect(task(child).state).toBe('running');
  await clock.advance(1);
  expect(task(child)).toMatchObject({ state: 'failed', error: { code: 'run_deadline' } });
});

test('a failed attempt is made again after a pause, and the history tells of each', async () => {
  const { spawn, delegate, kernel, clock, task } = rig();
  await spawn();
  const flaky = await delegate({ retry: { attemptsMax: 3, pauseMs: 100 } });
  expect(await kernel.failTask(flaky.id, { message: 'first' })).toMatchObject({ state: 'waiting' });
  await clock.advance(100);
  expect(task(flaky).state).toBe('running');
  await kernel.failTask(flaky.id, { message: 'second', code: 'ECONNRESET' });
  await clock.advance(200);
  await kernel.completeTask(flaky.id, { result: 'third time lucky' });
  expect(task(flaky).attempts.map(({ end, error }) => [end, error?.code])).toEqual([
    ['failed', 'task_error'],
    ['failed', 'ECONNRESET'],
    ['completed', undefined],
  ]);
});

test('the last attempt fails the task, and so does a failure that is final', async () => {
  const { spawn, delegate, kernel, clock, task } = rig();
  await spawn({ tasksMax: 3 });
  const spent = await delegate({ retry: { attemptsMax: 2, pauseMs: 0 } });
  await kernel.failTask(spent.id, { message: '1' });
  await clock.advance(1);
  expect(await kernel.failTask(spent.id, { message: '2' })).toMatchObject({ state: 'failed', attemptsEver: 2 });
  const final = await delegate({ retry: { attemptsMax: 9 } });
  expect(await kernel.failTask(final.id, { message: 'no', retryable: false })).toMatchObject({ state: 'failed' });
  const listed = await delegate({ retry: { attemptsMax: 9, finalCodes: ['BAD'] } });
  expect(await kernel.failTask(listed.id, { message: 'no', code: 'BAD' })).toMatchObject({ state: 'failed' });
  expect(task(spent).error?.message).toBe('2');
});

test('work is not made again unless somebody says it may be: it may have side effects', async () => {
  const { spawn, delegate, kernel } = rig();
  await spawn();
  const task = await delegate();
  expect(await kernel.failTask(task.id, { message: 'no' })).toMatchObject({ state: 'failed' });
});

test('a late report of an attempt that is over is refused', async () => {
  const { spawn, delegate, kernel, clock } = rig();
  await spawn();
  const task = await delegate({ deadlines: { runMs: 100 }, retry: { attemptsMax: 2, pauseMs: 0 } });
  await clock.advance(101);
  await settled();
  expect(kernel.getTask(task.id)).toMatchObject({ state: 'running', attemptsEver: 2 });
  await expect(kernel.completeTask(task.id, { token: task.token as number })).rejects.toMatchObject({
    code: 'STALE_TOKEN',
  });
});

test('the kernel forgets ended tasks, and nothing of them stays behind in memory', async () => {
  const { spawn, delegate, kernel, clock } = rig({ endedTasksMax: 10 });
  await spawn({ deadlines: { heartbeatMs: 'never' } });
  for (let i = 0; i < 200; i++) await kernel.completeTask((await delegate({ idempotencyKey: `k${i}` })).id);
  expect(kernel.listTasks()).toHaveLength(10);
  expect(clock.pending).toBe(0);
});

test('a deadline that is no number of milliseconds is refused wherever it is given', async () => {
  const { spawn, delegate, kernel } = rig();
  const { id } = await spawn();
  const running = await delegate();
  const bad = { code: 'BAD_INPUT' };
  await expect(kernel.waitForTask(running.id, { timeoutMs: Number.NaN })).rejects.toMatchObject(bad);
  await expect(kernel.waitForTask(running.id, { timeoutMs: 'soon' as never })).rejects.toThrow(
    'waitForTask: timeoutMs',
  );
  await expect(kernel.shutdownAgent(id, { graceMs: Number.NaN })).rejects.toThrow('shutdownAgent: graceMs');
  kernel.bus.respond(topic<readonly [null, null]>('q'), () => new Promise<null>(() => undefined));
  const asking = kernel.bus.request(topic<readonly [null, null]>('q'), null, { timeoutMs: Number.NaN });
  await expect(asking).rejects.toMatchObject(bad);
});

test('the deadline of its stay in the queue ends with the stay', async () => {
  const { spawn, delegate, kernel, clock, task } = rig();
  await spawn({ deadlines: { heartbeatMs: 'never' } });
  const first = await delegate();
  const second = await delegate({ deadlines: { queueMs: 1_000 } });
  await clock.advance(500);
  await kernel.completeTask(first.id);
  await clock.advance(1_000);
  expect(task(second).state).toBe('running');
});
