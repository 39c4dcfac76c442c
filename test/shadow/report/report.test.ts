import { describe, expect, test } from 'vitest';
import { mergeSnapshots } from '../../../shadow/ledger/index.ts';
import { buildReport } from '../../../shadow/report/index.ts';
import { upperBound95 } from '../../../shadow/report/settlements.ts';
import { DROPPED, NOT_COMPARABLE } from '../../../src/contract/calls.ts';
import { initialPolicy } from '../../../src/contract/policy.ts';
import { answered, call, compared, comparison, difference, ledgerAt } from '../ledger/records.ts';
import { busyLedger, reportOf } from './reports.ts';

describe('a report', () => {
  test('counts calls and verdicts, in total and per operation', () => {
    const { totals, operations } = reportOf(busyLedger());
    expect(totals).toMatchObject({
      calls: 110,
      eligible: 110,
      compared: 100,
      match: 90,
      explained: 6,
      mismatch: 4,
      notComparable: 5,
      dropped: 3,
      matchRate: 0.96,
    });
    expect(operations.map(({ operation, calls, matchRate }) => [operation, calls, matchRate])).toEqual([
      ['get', 100, 0.96],
      ['put', 10, null],
    ]);
  });

  test('puts unexplained differences first, then the frequent ones, with their share', () => {
    const { differences } = reportOf(busyLedger());
    expect(differences).toMatchObject([
      { operation: 'get', kind: 'value', path: '/items/*/state', count: 4, share: 0.04, explainedBy: null },
      { operation: 'get', kind: 'missing', path: '/created', count: 6, share: 0.06, explainedBy: 'V2 keeps none' },
    ]);
    expect(differences[0]?.id).toMatch(/^[0-9a-f]{8}$/);
    expect(differences[0]?.samples).toHaveLength(3);
  });

  test('says why calls were not compared', () => {
    const { notComparable, dropped } = reportOf(busyLedger());
    expect(notComparable).toEqual([{ reason: 'no_twin', text: NOT_COMPARABLE.no_twin, count: 5 }]);
    expect(dropped).toEqual([{ reason: 'queue_full', text: DROPPED.queue_full, count: 3 }]);
  });

  test('accounts for every eligible call', () => {
    expect(reportOf(busyLedger()).conservation).toEqual({
      eligible: 110,
      compared: 100,
      notComparable: 5,
      dropped: 3,
      inFlight: 2,
      holds: true,
    });
  });

  test('a call settled twice by one operation shows, even when another lost one', () => {
    const { ledger } = ledgerAt();
    ledger.eligible('lost');
    compared(ledger, 'twice');
    ledger.settled(call('twice'), answered('legacy'), {
      kind: 'compared',
      comparison: comparison(),
      candidate: answered('v2'),
    });
    expect(reportOf(ledger).conservation).toMatchObject({ inFlight: 0, holds: false });
  });

  test('sets the latencies of both sides beside each other, whatever role they had', () => {
    const { ledger } = ledgerAt();
    for (const role of ['primary', 'candidate'] as const) {
      for (let ms = 1; ms <= 100; ms += 1) {
        ledger.observed('get', 'legacy', role, answered('legacy', ms));
        ledger.observed('get', 'v2', role, answered('v2', 2 * ms));
      }
    }
    const { latency, slowdown, shape, firstByte } = reportOf(ledger).totals;
    expect(Math.abs((latency.legacy.p50Ms ?? 0) - 50)).toBeLessThan(1);
    expect(Math.abs((latency.v2.p99Ms ?? 0) - 198)).toBeLessThan(4);
    expect(Math.abs((firstByte.v2.p90Ms ?? 0) - 90)).toBeLessThan(2);
    expect(Math.abs((slowdown.p50 ?? 0) - 2)).toBeLessThan(0.05);
    expect(shape?.counts.legacy.reduce((a, b) => a + b)).toBe(200);
    expect(shape?.counts.v2.at(-1)).toBeGreaterThan(0);
    expect(shape?.counts.legacy.at(-1)).toBe(0);
  });

  test('leaves open what was not measured', () => {
    const { totals, conservation } = reportOf(ledgerAt().ledger);
    expect(totals).toMatchObject({
      matchRate: null,
      mismatchRateMax95: null,
      latency: { v2: { p50Ms: null } },
      slowdown: { p99: null },
      shape: null,
    });
    expect(conservation.holds).toBe(true);
  });

  test('survives JSON unchanged', () => {
    const report = reportOf(busyLedger());
    expect(JSON.parse(JSON.stringify(report))).toEqual(report);
  });

  test('of merged ledgers is the same in any order', () => {
    const [a, b] = [busyLedger().snapshot(), ledgerOf('get', 5).snapshot()];
    const policy = initialPolicy('billing');
    expect(JSON.stringify(buildReport(mergeSnapshots(b, a), policy))).toBe(
      JSON.stringify(buildReport(mergeSnapshots(a, b), policy)),
    );
    expect(buildReport(mergeSnapshots(a, b), policy).totals.compared).toBe(105);
  });

  test('stays below a megabyte after a hundred thousand different differences', () => {
    const { ledger } = ledgerAt();
    for (let index = 0; index < 100_000; index += 1)
      compared(ledger, 'get', difference({ path: `/field${index}`, at: `/field${index}` }));
    const report = reportOf(ledger);
    expect(report.differences).toHaveLength(500);
    expect(report.differencesOverflowed).toBe(99_500);
    expect(JSON.stringify(report).length).toBeLessThan(1_000_000);
  });
});

test.each([
  [0, 10],
  [0, 1000],
  [5, 100],
  [500, 1000],
])('%d of %d: at the bound, so few hits lie 1.645 standard deviations below what is expected', (hits, trials) => {
  const bound = upperBound95(hits, trials) ?? Number.NaN;
  const deviations = (bound * trials - hits) / Math.sqrt(trials * bound * (1 - bound));
  expect(deviations).toBeCloseTo(1.6449, 6);
});

test('all of all leaves no better bound than 1, none of none leaves none', () => {
  expect(upperBound95(10, 10)).toBe(1);
  expect(upperBound95(0, 0)).toBeNull();
});

function ledgerOf(operation: string, count: number) {
  const { ledger } = ledgerAt();
  for (let index = 0; index < count; index += 1) compared(ledger, operation, difference());
  return ledger;
}
