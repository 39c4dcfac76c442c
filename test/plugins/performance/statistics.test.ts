import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compare } from '../../../src/plugins/performance/compare.ts';
import { holm } from '../../../src/plugins/performance/statistics/holm.ts';
import { rankTest } from '../../../src/plugins/performance/statistics/mann-whitney.ts';
import { upperTail } from '../../../src/plugins/performance/statistics/normal.ts';
import { median, shiftOf } from '../../../src/plugins/performance/statistics/shift.ts';

/** Deterministic numbers in 0..1 (mulberry32). */
function dice(seed: number): () => number {
  let a = seed;
  return () => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Skewed, with a heavy tail, as latencies are. */
function latencies(random: () => number, count: number, factor = 1): number[] {
  return Array.from({ length: count }, () => factor * Math.exp(0.3 * (random() + random() + random() - 1.5)) + 0.1);
}

describe('the normal tail', () => {
  it('agrees with tables, far out too', () => {
    // scipy.stats.norm.sf(z)
    const table = [
      [0, 0.5],
      [1, 0.158655253931457],
      [1.959963984540054, 0.025],
      [-1, 0.841344746068543],
      [6, 9.86587645037698e-10],
      [8, 6.22096057427178e-16],
    ] as const;
    for (const [z, p] of table) expect(Math.abs(upperTail(z) / p - 1)).toBeLessThan(1e-6);
  });
});

describe('the rank test', () => {
  it('counts small cases out exactly', () => {
    // 3 and 3 values: C(6,3) = 20 orders; U = 9 in one of them, U >= 8 in two, U >= 7 in four.
    expect(rankTest([1, 2, 3], [4, 5, 6]).method).toBe('exact');
    expect(rankTest([1, 2, 3], [4, 5, 6]).p).toBeCloseTo(1 / 20, 12);
    expect(rankTest([1, 2, 4], [3, 5, 6]).p).toBeCloseTo(2 / 20, 12);
    expect(rankTest([1, 2, 5], [3, 4, 6]).p).toBeCloseTo(4 / 20, 12);
    expect(rankTest([4, 5, 6], [1, 2, 3]).p).toBeCloseTo(1, 12);
  });

  it('agrees with another implementation', () => {
    // scipy.stats.mannwhitneyu(current, baseline, alternative='greater', method='exact')
    expect(rankTest([0.5, 1.5, 2.5, 3.5, 4.5, 5.5], [1.1, 2.2, 3.3, 4.4, 9]).p).toBeCloseTo(0.4653679653679654, 12);
  });

  it('agrees with brute force over all orders', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.integer({ min: 0, max: 1_000 }), { minLength: 2, maxLength: 9 }),
        fc.nat(),
        (all, cut) => {
          const n = 1 + (cut % (all.length - 1));
          const [current, baseline] = [all.slice(0, n), all.slice(n)];
          expect(rankTest(baseline, current).p).toBeCloseTo(bruteForce(all, n, current, baseline), 10);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('approximates ties and large samples', () => {
    const { p, method } = rankTest([1, 1, 2, 2, 3, 3, 3, 4], [2, 3, 3, 4, 4, 4, 5, 5]);
    // scipy.stats.mannwhitneyu(current, baseline, alternative='greater', method='asymptotic')
    expect(method).toBe('normal');
    expect(p).toBeCloseTo(0.01545112158851795, 8);
    // Of the 12,870 ways to part the sixteen values, this share has ranks at least as high.
    expect(Math.abs(p - 0.016938616938616938)).toBeLessThan(0.002);
    expect(rankTest([1, 1, 1], [1, 1, 1])).toEqual({ p: 1, method: 'normal' });
    const random = dice(1);
    const [a, b] = [latencies(random, 60), latencies(random, 60)];
    const large = rankTest(a, b);
    const exact = rankTest(a.slice(0, 40), b.slice(0, 40));
    expect([large.method, exact.method]).toEqual(['normal', 'exact']);
  });

  it('never claims more certainty than samples of their size can give', () => {
    const [eight, twenty] = [new Array<number>(8).fill(2), new Array<number>(20).fill(1)];
    // C(28, 8) = 3,108,105 ways; the bare approximation says 1.2e-7.
    expect(rankTest(twenty, eight)).toEqual({ p: expect.closeTo(1 / 3_108_105, 12), method: 'normal' });
  });

  it('raises false alarms no more often than it says, on skewed values', () => {
    const random = dice(7);
    let alarms = 0;
    for (let i = 0; i < 2_000; i++) if (rankTest(latencies(random, 20), latencies(random, 20)).p <= 0.05) alarms++;
    // 100 expected, standard deviation 9.7.
    expect(alarms).toBeGreaterThan(60);
    expect(alarms).toBeLessThan(140);
  });
});

function bruteForce(
  all: readonly number[],
  n: number,
  current: readonly number[],
  baseline: readonly number[],
): number {
  const uOf = (some: readonly number[], rest: readonly number[]) =>
    some.reduce((u, value) => u + rest.filter((other) => other < value).length, 0);
  const observed = uOf(current, baseline);
  let orders = 0;
  let atLeast = 0;
  for (let mask = 0; mask < 2 ** all.length; mask++) {
    const some = all.filter((_, i) => (mask >> i) & 1);
    if (some.length !== n) continue;
    orders++;
    if (
      uOf(
        some,
        all.filter((_, i) => !((mask >> i) & 1)),
      ) >= observed
    )
      atLeast++;
  }
  return atLeast / orders;
}

describe('shift and median', () => {
  it('do not mind an outlier', () => {
    expect([median([3, 1, 2]), median([4, 1, 2, 3])]).toEqual([2, 2.5]);
    expect(shiftOf([1, 2, 3], [11, 12, 10_000])).toBe(10);
  });
});

describe('the correction for many', () => {
  it('is the step-down of Holm', () => {
    expect(holm([0.01, 0.04, 0.03, 0.005])).toEqual([0.03, 0.06, 0.06, 0.02]);
    expect(holm([0.9, 0.8])).toEqual([1, 1]);
    expect(holm([])).toEqual([]);
  });
});

describe('a comparison', () => {
  const demand = { alpha: 0.01, thresholdPercent: 15 };

  it('finds what is both certain and large', () => {
    const random = dice(3);
    const baseline = {
      same: latencies(random, 20),
      slow: latencies(random, 20),
      fast: latencies(random, 20),
      bit: latencies(random, 40),
    };
    const current = {
      same: latencies(random, 20),
      slow: latencies(random, 20, 1.5),
      fast: latencies(random, 20, 0.5),
      bit: latencies(random, 40).map((value) => value + 0.1),
      unknown: [1, 2],
    };
    const rows = compare(baseline, current, { ...demand, alpha: 0.05 });
    expect(rows.map(({ metric, verdict }) => `${metric} ${verdict}`)).toEqual([
      'same same',
      'slow regression',
      'fast improvement',
      'bit same',
    ]);
    expect(rows[1]?.slowdownPercent).toBeGreaterThan(25);
  });

  it('concludes nothing from too few values', () => {
    const [row] = compare({ x: [1, 1, 1] }, { x: [9, 9, 9] }, demand);
    expect(row).toEqual({
      metric: 'x',
      baselineMedian: 1,
      currentMedian: 9,
      slowdownPercent: null,
      p: null,
      method: 'exact',
      verdict: 'too_few',
    });
    expect(compare({ x: [] }, { x: [] }, demand)).toMatchObject([{ baselineMedian: null, verdict: 'too_few' }]);
  });

  it('does not cry because there are many metrics', () => {
    const random = dice(11);
    let alarms = 0;
    for (let i = 0; i < 300; i++) {
      const names = Array.from({ length: 10 }, (_, metric) => `m${metric}`);
      const draw = () => Object.fromEntries(names.map((name) => [name, latencies(random, 12)]));
      const rows = compare(draw(), draw(), { alpha: 0.05, thresholdPercent: 0.001 });
      if (rows.some(({ verdict }) => verdict !== 'same')) alarms++;
    }
    // At most 5 % of 300 are expected; uncorrected it would be about 60 %.
    expect(alarms).toBeLessThan(30);
  });

  it('takes a baseline of zero for what it is', () => {
    const zeros = new Array<number>(10).fill(0);
    expect(compare({ x: zeros }, { x: zeros }, demand)).toMatchObject([{ slowdownPercent: 0, verdict: 'same' }]);
    const rising = zeros.map((_, i) => i + 1);
    expect(compare({ x: zeros }, { x: rising }, demand)).toMatchObject([{ verdict: 'regression' }]);
  });
});
