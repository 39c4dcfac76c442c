import { describe, expect, it } from 'vitest';
import { addBounded, getBounded, setBounded } from '../../../src/plugins/parts/bounded.ts';
import { mean, merged, newHistogram, quantile, record } from '../../../src/plugins/parts/histogram.ts';
import { allDone, planSteps, runSteps, type Step } from '../../../src/plugins/parts/steps.ts';
import { newWindow, sliceNow, slicesOf } from '../../../src/plugins/parts/window.ts';

describe('bounded lists and maps', () => {
  it('drop the oldest and say how many', () => {
    const list = [1, 2, 3];
    expect([addBounded(list, 4, 3), list]).toEqual([1, [2, 3, 4]]);
    const map = new Map([['a', 1]]);
    expect([setBounded(map, 'b', 2, 2), setBounded(map, 'c', 3, 2), [...map.keys()]]).toEqual([0, 1, ['b', 'c']]);
  });

  it('keep what was asked for lately', () => {
    const map = new Map([
      ['a', 1],
      ['b', 2],
    ]);
    let gone = 0;
    const count = (n: number) => {
      gone += n;
    };
    expect(getBounded(map, 'a', () => 9, 2, count)).toBe(1);
    expect(getBounded(map, 'c', () => 3, 2, count)).toBe(3);
    expect([[...map.keys()], gone]).toEqual([['a', 'c'], 1]);
  });
});

describe('a histogram', () => {
  it('knows every quantile within 1 %', () => {
    const histogram = newHistogram();
    for (let i = 1; i <= 10_000; i++) record(histogram, i / 7);
    for (const share of [0.01, 0.5, 0.9, 0.99]) {
      const exact = (1 + share * 9_999) / 7;
      expect(Math.abs((quantile(histogram, share) ?? 0) / exact - 1)).toBeLessThan(0.01);
    }
    expect([quantile(histogram, 0), quantile(histogram, 1)]).toEqual([1 / 7, 10_000 / 7]);
    expect(mean(histogram)).toBeCloseTo(5_000.5 / 7);
  });

  it('merges exactly, in any order', () => {
    const [a, b] = [newHistogram(), newHistogram()];
    for (const value of [0, 1, 5, 5]) record(a, value);
    for (const value of [0.001, 1e15, Number.NaN]) record(b, value);
    const all = newHistogram();
    for (const value of [1e15, 5, 0, 0.001, 5, 1]) record(all, value);
    expect(merged([b, a])).toEqual(merged([a, b]));
    expect([...merged([a, b]).buckets].toSorted()).toEqual([...all.buckets].toSorted());
  });

  it('stays bounded whatever comes', () => {
    const histogram = newHistogram();
    for (let i = -400; i < 400; i++) record(histogram, 10 ** i);
    expect(histogram.buckets.size).toBeLessThanOrEqual(2_444);
  });

  it('says nothing of nothing', () => {
    expect([quantile(newHistogram(), 0.5), mean(newHistogram())]).toEqual([null, null]);
  });
});

describe('a window', () => {
  const span = { sliceMs: 10, slicesMax: 3 };

  it('keeps the slices of its length and no more', () => {
    const window = newWindow<{ n: number }>();
    for (const atMs of [100, 105, 111, 125, 137]) sliceNow(window, span, atMs, () => ({ n: 0 })).n++;
    expect(window.slices).toEqual([
      { startMs: 110, counts: { n: 1 } },
      { startMs: 120, counts: { n: 1 } },
      { startMs: 130, counts: { n: 1 } },
    ]);
    expect(slicesOf(window, span, 137, 10)).toHaveLength(2);
    sliceNow(window, span, 1_000, () => ({ n: 0 }));
    expect(window.slices).toHaveLength(1);
  });

  it('forgets what is past even when nothing new comes', () => {
    const window = newWindow<{ n: number }>();
    sliceNow(window, span, 100, () => ({ n: 1 }));
    expect([slicesOf(window, span, 139), slicesOf(window, span, 140)]).toEqual([[{ n: 1 }], []]);
  });
});

describe('a sequence of steps', () => {
  const step = (name: string, run: () => Promise<string>, needed = true): Step<null> => ({
    name,
    says: `does ${name}`,
    needed,
    run,
  });
  const timing = { now: () => 5, timeoutMs: 100 };

  it('goes on past a failed step that is not needed, and stops at one that is', async () => {
    const results = await runSteps(
      [
        step('a', async () => 'fine'),
        step('b', () => Promise.reject(new Error('no luck')), false),
        step('c', () => Promise.reject(new Error('broken'))),
        step('d', async () => 'never'),
      ],
      null,
      timing,
    );
    expect(results.map(({ step: name, state, detail }) => [name, state, detail])).toEqual([
      ['a', 'done', 'fine'],
      ['b', 'failed', 'no luck'],
      ['c', 'failed', 'broken'],
      ['d', 'skipped', '"c" failed'],
    ]);
    expect(allDone(results)).toBe(false);
  });

  it('does not begin a step when its time is up', async () => {
    let nowMs = 0;
    const slow = async () => {
      nowMs += 80;
      return 'done';
    };
    const results = await runSteps([step('a', slow), step('b', slow), step('c', slow)], null, {
      now: () => nowMs,
      timeoutMs: 100,
    });
    expect(results.map(({ state, tookMs }) => [state, tookMs])).toEqual([
      ['done', 80],
      ['done', 80],
      ['skipped', 0],
    ]);
  });

  it('says what it would do without doing it', () => {
    let ran = 0;
    const results = planSteps([step('a', async () => `${++ran}`)], 7);
    expect([ran, results]).toEqual([
      0,
      [{ step: 'a', says: 'does a', state: 'planned', detail: '', startedAtMs: 7, tookMs: 0 }],
    ]);
  });
});
