import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { Deadlines } from '../../src/kernel/deadlines.ts';
import { taskView } from '../../src/kernel/tasks.ts';
import { Waiters } from '../../src/kernel/waiters.ts';
import { FakeClock } from './support/fake-clock.ts';
import { taskRecord } from './support/records.ts';
import { rig } from './support/rig.ts';

const VIEW = () => taskView(taskRecord({ id: 't1' }));

test('who waits is told once, and the task is not even looked at when nobody does', async () => {
  const waiters = new Waiters(10, () => undefined);
  const deadlines = new Deadlines(new FakeClock());
  const waiting = waiters.wait('t1', 'never', deadlines, undefined);
  let looked = 0;
  const look = () => {
    looked += 1;
    return VIEW();
  };
  waiters.tell('t1', look);
  waiters.tell('t1', look);
  expect((await waiting).id).toBe('t1');
  expect(looked).toBe(1);
});

test('a waiter that gave up is forgotten, with its alarm and its listener', async () => {
  const clock = new FakeClock();
  const deadlines = new Deadlines(clock);
  const waiters = new Waiters(1, () => undefined);
  const late = expect(waiters.wait('t1', 100, deadlines, undefined)).rejects.toMatchObject({ code: 'WAIT_TIMEOUT' });
  await expect(waiters.wait('t1', 100, deadlines, undefined)).rejects.toMatchObject({ code: 'OVERLOADED' });
  await clock.advance(100);
  await late;
  const controller = new AbortController();
  const aborted = expect(waiters.wait('t1', 100, deadlines, controller.signal)).rejects.toMatchObject({
    code: 'ABORTED',
  });
  controller.abort();
  await aborted;
  expect(deadlines.pending).toBe(0);
  waiters.tell('t1', () => {
    throw new Error('somebody still waits');
  });
});

test('a wait that is over keeps nothing of its task, however long the kernel goes on', async () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const waiters = new Waiters(10, () => undefined);
  const deadlines = new Deadlines(new FakeClock());
  const waitOnce = async () => {
    const waiting = waiters.wait('t1', 1_000, deadlines, undefined);
    waiters.tell('t1', VIEW);
    return new WeakRef(await waiting);
  };
  const task = await waitOnce();
  await new Promise(setImmediate);
  collect();
  expect(task.deref()).toBeUndefined();
  expect(deadlines.pending).toBe(0);
});

test('at the end of the kernel every wait fails, and every later one', async () => {
  const waiters = new Waiters(10, () => undefined);
  const deadlines = new Deadlines(new FakeClock());
  const closed = { code: 'KERNEL_CLOSED' };
  const first = expect(waiters.wait('t1', 1_000, deadlines, undefined)).rejects.toMatchObject(closed);
  const second = expect(waiters.wait('t2', 'never', deadlines, undefined)).rejects.toMatchObject(closed);
  waiters.close();
  await Promise.all([first, second]);
  await expect(waiters.wait('t3', 'never', deadlines, undefined)).rejects.toMatchObject(closed);
  expect(deadlines.pending).toBe(0);
});

test('who waits beyond the limit is counted', async () => {
  const { spawn, delegate, kernel } = rig({ waitersMax: 1 });
  await spawn();
  const { id } = await delegate();
  const waiting = kernel.waitForTask(id);
  await expect(kernel.waitForTask(id)).rejects.toMatchObject({ code: 'OVERLOADED' });
  expect((await kernel.getHealthStatus()).limitsHit).toEqual({ waitersMax: 1 });
  await kernel.completeTask(id);
  await waiting;
});
