import { expect, test } from 'vitest';
import { systemClock } from '../../src/kernel/clock.ts';
import { Deadlines } from '../../src/kernel/deadlines.ts';
import { FakeClock } from './support/fake-clock.ts';

test('alarms ring in order, at their time and once', async () => {
  const clock = new FakeClock(0);
  const deadlines = new Deadlines(clock);
  const rung: string[] = [];
  deadlines.in(30, () => rung.push(`c@${clock.now()}`));
  deadlines.in(10, () => rung.push(`a@${clock.now()}`));
  deadlines.in(20, () => rung.push(`b@${clock.now()}`));
  await clock.advance(25);
  expect(rung).toEqual(['a@10', 'b@20']);
  await clock.advance(100);
  expect(rung).toEqual(['a@10', 'b@20', 'c@30']);
  expect(clock.pending).toBe(0);
});

test('an alarm that is called off does not ring and is not kept until its hour', async () => {
  const clock = new FakeClock(0);
  const deadlines = new Deadlines(clock);
  let rung = 0;
  for (let i = 0; i < 1_000; i++) deadlines.cancel(deadlines.in(60_000, () => rung++));
  expect(deadlines.pending).toBe(0);
  expect(clock.pending).toBe(0);
  await clock.advance(100_000);
  expect(rung).toBe(0);
});

test('however many alarms there are, the clock has one timer', () => {
  const clock = new FakeClock(0);
  const deadlines = new Deadlines(clock);
  for (let i = 0; i < 100; i++) deadlines.in(1_000 - i, () => undefined);
  expect(clock.pending).toBe(1);
  expect(deadlines.pending).toBe(100);
  deadlines.close();
  expect(clock.pending).toBe(0);
});

test('an alarm may set another one for the same moment', async () => {
  const clock = new FakeClock(0);
  const deadlines = new Deadlines(clock);
  const rung: number[] = [];
  deadlines.in(5, () => deadlines.in(0, () => rung.push(clock.now())));
  await clock.advance(5);
  expect(rung).toEqual([5]);
});

test('a deadline of "never" sets no alarm', () => {
  const deadlines = new Deadlines(new FakeClock());
  expect(deadlines.in('never', () => undefined)).toBeNull();
  expect(deadlines.pending).toBe(0);
});

test('a delay that setTimeout cannot hold does not ring at once', async () => {
  let rung = false;
  const callOff = systemClock.after(2 ** 40, () => {
    rung = true;
  });
  await new Promise((resolve) => setTimeout(resolve, 5));
  callOff();
  expect(rung).toBe(false);
});

test('what is no number would keep all others from ringing: it is refused', async () => {
  const clock = new FakeClock(0);
  const deadlines = new Deadlines(clock);
  for (const delay of [Number.NaN, Number.POSITIVE_INFINITY, undefined as never]) {
    expect(() => deadlines.in(delay, () => undefined)).toThrow('is no deadline');
  }
  let rung = false;
  deadlines.in(10, () => {
    rung = true;
  });
  await clock.advance(10);
  expect(rung).toBe(true);
});

test('after the end nothing rings, and nothing is set', () => {
  const clock = new FakeClock(0);
  const deadlines = new Deadlines(clock);
  deadlines.close();
  expect(deadlines.in(10, () => undefined)).toBeNull();
  expect(clock.pending).toBe(0);
});
