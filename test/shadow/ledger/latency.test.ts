import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Latency, mergeLatencies } from '../../../shadow/ledger/latency.ts';

const times = fc.array(fc.double({ min: 0.01, max: 60_000, noNaN: true }), { minLength: 1, maxLength: 300 });
const of = (all: readonly number[]) => {
  const latency = new Latency();
  for (const ms of all) latency.record(ms);
  return latency;
};

test('quantiles are within one percent of the exact ones', () => {
  fc.assert(
    fc.property(times, fc.constantFrom(0, 0.5, 0.9, 0.99, 1), (all, quantile) => {
      const exact = all.toSorted((a, b) => a - b)[Math.trunc(quantile * (all.length - 1))] ?? Number.NaN;
      const estimate = of(all).quantile(quantile) ?? Number.NaN;
      expect(Math.abs(estimate - exact)).toBeLessThanOrEqual(exact * 0.0101);
    }),
    { numRuns: 500, seed: 31 },
  );
});

test('merging parts gives the sketch of the whole, in any order, after JSON too', () => {
  fc.assert(
    fc.property(times, times, times, (a, b, c) => {
      const [x, y, z] = [a, b, c].map((part) => JSON.parse(JSON.stringify(of(part).snapshot()))) as [
        ReturnType<Latency['snapshot']>,
        ReturnType<Latency['snapshot']>,
        ReturnType<Latency['snapshot']>,
      ];
      const whole = of([...a, ...b, ...c]).snapshot();
      expect(mergeLatencies(mergeLatencies(x, y), z)).toEqual(whole);
      expect(mergeLatencies(z, mergeLatencies(y, x))).toEqual(whole);
      expect(Latency.restore(whole).snapshot()).toEqual(whole);
      expect(Latency.restore(whole).quantile(0.9)).toBe(of([...a, ...b, ...c]).quantile(0.9));
    }),
    { numRuns: 200, seed: 32 },
  );
});

test('an empty sketch merges as nothing and has no quantiles', () => {
  const some = of([5]).snapshot();
  expect(mergeLatencies(new Latency().snapshot(), some)).toEqual(some);
  expect(new Latency().quantile(0.5)).toBeNull();
});

test('times that no clock should give stay within the bounds', () => {
  const latency = of([Number.NaN, -5, Number.POSITIVE_INFINITY, 0]);
  expect(latency.count).toBe(4);
  expect(latency.snapshot()).toMatchObject({ minMs: 0.001, maxMs: 86_400_000 });
});
