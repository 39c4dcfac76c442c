import type { Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type FakeWorker, fakeCrew } from './fake-crew.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const DAY_MS = 86_400_000;
const mute = (worker?: FakeWorker) => worker && Object.assign(worker, { talks: false });
const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

describe('workers that die', () => {
  it('are replaced after 100 ms, and later the more of those that follow die young', async () => {
    const { crew, started } = fakeCrew();
    await crew.start();
    await pass(60_000);
    started[0]?.dies();
    await pass(98);
    expect([started.length, crew.serving.length]).toEqual([2, 1]);
    await pass(3);
    expect([started.length, crew.serving.length, crew.restarts]).toEqual([3, 2, 1]);
    started[2]?.dies();
    await pass(101);
    expect(crew.serving.length).toBe(2);
    started[3]?.dies();
    await pass(198);
    expect(crew.serving.length).toBe(1);
    await pass(3);
    expect(crew.serving.length).toBe(2);
  });

  it('are replaced ten times a minute at most, however many of them there are', async () => {
    const { crew, started, next } = fakeCrew({ size: 8 });
    await crew.start();
    next.become = (worker) => void setTimeout(() => worker.dies(), 30);
    for (const worker of started) worker.dies();
    await pass(20_000);
    expect([started.length - 8, crew.restarts, crew.held]).toEqual([10, 10, true]);
    next.become = () => undefined;
    await pass(60_000);
    expect([crew.serving.length, crew.held]).toEqual([8, false]);
  });

  it('are replaced while others are replaced one by one, however long one that leaves takes', async () => {
    const { crew, started } = fakeCrew();
    await crew.start();
    for (const worker of started) worker.ends = false;
    const restarting = crew.restart(DAY_MS);
    await pass(0);
    expect(crew.all.map(({ state }) => state)).toEqual(['leaving', 'serving', 'serving']);
    started[1]?.dies();
    started[2]?.dies();
    await pass(101);
    expect(crew.all.map(({ state }) => state)).toEqual(['leaving', 'serving', 'serving']);
    started[0]?.dies();
    await pass(1);
    // The second of those that were to be replaced has ended, and its place is taken.
    await expect(restarting).resolves.toEqual({ replaced: 1 });
    await pass(DAY_MS);
    expect([started.length, crew.serving.length, crew.rolling]).toEqual([5, 2, false]);
  });

  it('are replaced when the one that started meanwhile takes the place of another', async () => {
    const { crew, started, next } = fakeCrew();
    await crew.start();
    for (const worker of started) worker.ends = false;
    next.become = (worker) => {
      worker.answers = () => null;
    };
    const restarting = crew.restart(DAY_MS);
    await pass(0);
    started[1]?.dies();
    await pass(101);
    // The successor that starts is one of two.
    expect(started.length).toBe(3);
    next.become = () => undefined;
    started[2]?.say({ kind: 'answer', number: 1 });
    await pass(0);
    await pass(1);
    expect(crew.all.map(({ state }) => state)).toEqual(['leaving', 'serving', 'serving']);
    started[0]?.dies();
    await pass(1);
    await expect(restarting).resolves.toEqual({ replaced: 1 });
    expect(started.length).toBe(4);
  });

  it('are not replaced twice while a config is under way', async () => {
    const { crew, started } = fakeCrew({ size: 3 });
    await crew.start();
    for (const worker of started) worker.answers = () => null;
    const configured = crew.configure({} as never, () => 'done').catch(() => 'refused');
    started[0]?.dies();
    await pass(200);
    started[1]?.dies();
    await pass(20_000);
    await configured;
    expect([started.length, crew.serving.length]).toEqual([5, 3]);
  });
});

describe('a stop', () => {
  it.each(['close', 'killAll'] as const)('%s leaves no timer behind, and nobody is started any more', async (how) => {
    const { crew, started } = fakeCrew();
    await crew.start();
    started[0]?.dies();
    await pass(1);
    const ended = crew[how](0);
    await pass(1);
    await ended;
    expect(vi.getTimerCount()).toBe(0);
    await pass(60_000);
    expect(started.length).toBe(2);
  });

  it('that cuts a restart short waits for no turn of those that die one after the other', async () => {
    const { crew, started } = fakeCrew({ size: 10 });
    await crew.start();
    for (const worker of started) worker.dies();
    await pass(20_000);
    for (const worker of started) worker.ends = false;
    const restarting = expect(crew.restart(DAY_MS)).rejects.toMatchObject({ code: 'RESTART_FAILED' });
    started[10]?.dies();
    await pass(1);
    expect(crew.held).toBe(true);
    const closed = crew.close(0);
    for (const worker of started) worker.dies();
    await pass(1);
    await Promise.all([closed, restarting]);
    expect([vi.getTimerCount(), crew.held]).toEqual([0, false]);
  });

  it('that cuts a restart short is what the restart ends with', async () => {
    const { crew, started } = fakeCrew();
    await crew.start();
    for (const worker of started) worker.ends = false;
    const restarting = expect(crew.restart(DAY_MS)).rejects.toMatchObject({
      code: 'RESTART_FAILED',
      message: 'the gateway stops; 1 of 2 workers had been replaced',
    });
    await pass(0);
    const closed = crew.close(DAY_MS);
    for (const worker of started) worker.dies();
    await pass(1);
    await Promise.all([closed, restarting]);
  });

  it('is told to a worker that leaves already', async () => {
    const { crew, started } = fakeCrew();
    await crew.start();
    for (const worker of started) worker.ends = false;
    const restarting = expect(crew.restart(DAY_MS)).rejects.toThrow('the gateway stops');
    await pass(0);
    const closed = crew.close(DAY_MS);
    expect(started[0]?.kinds().slice(-2)).toEqual(['retire', 'close']);
    for (const worker of started) worker.dies();
    await pass(1);
    await Promise.all([closed, restarting]);
    expect(started[1]?.kinds()).not.toContain('retire');
  });
});

describe('a worker that says nothing', () => {
  it('is ended, and replaced', async () => {
    const { crew, started, counters } = fakeCrew();
    await crew.start();
    mute(started[0]);
    await pass(16_500);
    expect(started.map(({ connected }) => connected)).toEqual([false, true, true]);
    expect(counters.snapshot()).toMatchObject({ workers_late: 1, workers_died: 0 });
  });

  it('is ended while it leaves too, in a stop as well', async () => {
    const { crew, started, counters } = fakeCrew({ size: 1 });
    await crew.start();
    for (const worker of started) worker.ends = false;
    const restarting = crew.restart(DAY_MS);
    await pass(1000);
    mute(started[0]);
    await pass(16_500);
    await expect(restarting).resolves.toEqual({ replaced: 1 });
    expect(counters.snapshot()).toMatchObject({ workers_late: 1, workers_died: 0 });
    for (const worker of started) worker.ends = false;
    mute(started[1]);
    const closed = crew.close(DAY_MS);
    await pass(17_000);
    await closed;
    expect(started.length).toBe(2);
  });
});

it('what a worker says of a config does not count when it could not start', async () => {
  const { crew, started, next } = fakeCrew({ size: 1 });
  await crew.start();
  next.become = (worker) => {
    worker.answers = () => null;
  };
  started[0]?.dies();
  await pass(101);
  const failing = started[1];
  next.become = () => undefined;
  const configured = crew.configure({} as never, () => 'done');
  await pass(0);
  const error = { code: 'INTERNAL', message: 'no' } as const;
  for (const number of [1, 2]) failing?.emit('message', { kind: 'answer', number, error });
  await expect(configured).resolves.toBe('done');
  await pass(1000);
  expect(crew.serving.length).toBe(1);
});

describe('a connection that a worker was handed', () => {
  const socket = () => ({ destroy: () => undefined }) as unknown as Socket;

  it('comes back when the worker answers and has not taken it', async () => {
    const { crew, started, untaken } = fakeCrew();
    await crew.start();
    const [lost, taken] = [socket(), socket()];
    for (const worker of started) worker.takes = false;
    crew.serving[0]?.give(lost);
    expect(crew.serving[0]?.connections).toBe(1);
    for (const worker of started) worker.takes = true;
    crew.serving[0]?.give(taken);
    await pass(5000);
    expect(untaken).toEqual([lost]);
    expect(crew.serving.map(({ connections }) => connections)).toEqual([1, 0]);
    expect(crew.serving[0]?.lostMs).toBeLessThan(5000);
    expect(crew.serving[1]?.lostMs).toBe(Number.POSITIVE_INFINITY);
  });

  it('stays with one that is only late, and comes back when that one ends', async () => {
    const { crew, started, untaken } = fakeCrew();
    await crew.start();
    const [slow] = started;
    if (slow !== undefined) Object.assign(slow, { takes: false, answers: () => null });
    const late = socket();
    crew.serving[0]?.give(late);
    await pass(10_000);
    expect(untaken).toEqual([]);
    slow?.dies();
    await pass(1);
    expect(untaken).toEqual([late]);
  });
});

it('a config that cannot be put in force here is discarded by every worker', async () => {
  const { crew, started } = fakeCrew();
  await crew.start();
  const refuse = () => {
    throw new Error('the gateway stops');
  };
  await expect(crew.configure({} as never, refuse)).rejects.toThrow('the gateway stops');
  for (const worker of started) {
    expect(worker.sent.slice(1)).toMatchObject([
      { kind: 'prepare', attempt: 1 },
      { kind: 'discard', attempt: 1 },
    ]);
  }
  await expect(crew.configure({} as never, () => 'done')).resolves.toBe('done');
  expect(started[0]?.sent.at(-1)).toMatchObject({ kind: 'commit', attempt: 2 });
});
