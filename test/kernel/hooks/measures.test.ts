import { describe, expect, it } from 'vitest';
import { Durations, quantileOf } from '../../../src/kernel/hooks/durations.ts';
import { LoopShare } from '../../../src/kernel/hooks/loop-share.ts';
import { Meter } from '../../../src/kernel/hooks/meter.ts';
import { load, ManualStopwatch, plugin, spawnEvent } from './support.ts';

describe('durations', () => {
  it('give quantiles to a quarter of an octave, from a microsecond to half an hour', () => {
    for (const ms of [0.001, 0.007, 0.5, 3, 47, 950, 1_800_000]) {
      const durations = new Durations(0);
      for (let i = 0; i < 100; i++) durations.record(ms, 0);
      const p99 = durations.quantile(0.99, 0) ?? Number.NaN;
      expect(p99 / ms).toBeGreaterThanOrEqual(1);
      expect(p99 / ms).toBeLessThanOrEqual(ms < 0.004 ? 2 : 1.3);
    }
  });

  it('tell the slowest hundredth from the rest', () => {
    const durations = new Durations(0);
    for (let i = 0; i < 990; i++) durations.record(1, 0);
    for (let i = 0; i < 10; i++) durations.record(100, 0);
    expect(durations.quantile(0.99, 0)).toBeLessThan(1.3);
    expect(durations.quantile(0.995, 0)).toBeGreaterThanOrEqual(100);
  });

  it('forget after two minutes, and know nothing at first', () => {
    const durations = new Durations(0);
    expect(durations.quantile(0.99, 0)).toBeNull();
    durations.record(5, 59_000);
    expect(durations.quantile(0.99, 119_000)).not.toBeNull();
    expect(durations.quantile(0.99, 120_000)).toBeNull();
  });

  it('forget at once after a pause of many minutes', () => {
    const durations = new Durations(0);
    durations.record(5, 1_000);
    durations.record(1, 600_000);
    expect(durations.quantile(1, 600_000)).toBeLessThan(1.3);
  });

  it('add up over several', () => {
    const [fast, slow] = [new Durations(0), new Durations(0)];
    for (let i = 0; i < 50; i++) {
      fast.record(1, 0);
      slow.record(100, 0);
    }
    expect(quantileOf([fast, slow], 0.5, 0)).toBeLessThan(1.3);
    expect(quantileOf([fast, slow], 0.51, 0)).toBeGreaterThanOrEqual(100);
  });
});

describe('the share of the event loop', () => {
  it('is over ten seconds, which slide', () => {
    const share = new LoopShare(0);
    share.add(500, 200, 1);
    share.add(500, 5_200, 1);
    expect(share.share(9_900)).toBeCloseTo(0.1);
    expect(share.share(10_900)).toBeCloseTo(0.05);
    expect(share.share(60_000)).toBe(0);
  });
});

describe("an operation's meter", () => {
  it('counts waits that overlap once, from the first to the last', () => {
    const meter = new Meter(100);
    meter.waitBegins(0);
    meter.waitBegins(10);
    meter.waitEnds(20);
    expect(meter.leftMs).toBe(100);
    meter.waitEnds(30);
    expect(meter.leftMs).toBe(70);
    meter.waitBegins(50);
    meter.waitEnds(55);
    expect(meter.leftMs).toBe(65);
  });
});

describe('the report', () => {
  it('gives the p99 of a plugin over all that is called of it', async () => {
    const stopwatch = new ManualStopwatch();
    const hooks = { allow_agent_spawn: () => stopwatch.advance(8) };
    const plugins = await load([plugin('p', { hooks })], { stopwatch });
    const operation = plugins.begin();
    for (let i = 0; i < 20; i++) operation.guard('allow_agent_spawn', spawnEvent());
    operation.end();
    expect(plugins.report()[0]?.p99Ms).toBeGreaterThanOrEqual(8);
    expect(plugins.report()[0]?.p99Ms).toBeLessThan(10.5);
  });
});
