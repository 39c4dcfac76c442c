import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CallMetrics, type EndedCall } from '../../../src/telemetry/metrics/call-metrics.ts';
import { BOUNDS_SECONDS, type DurationCounts, Durations } from '../../../src/telemetry/metrics/durations.ts';
import { type MetricsSnapshot, mergeSnapshots } from '../../../src/telemetry/metrics/snapshot.ts';
import type { MetricName } from '../../../src/telemetry/metrics/table.ts';

const CALL: EndedCall = {
  type: 'billing',
  side: 'legacy',
  method: 'GET',
  status: 200,
  error: null,
  seconds: 0.003,
  scheme: 'http',
};

function pointsOf(metrics: CallMetrics, name: MetricName) {
  return metrics.points().find((metric) => metric.name === name)?.points ?? [];
}

const served = (metrics: CallMetrics) => pointsOf(metrics, 'http.server.request.duration');

describe('durations', () => {
  it('fall into the first bucket whose bound is not below them', () => {
    const durations = new Durations();
    const given = [0, 0.005, 0.0051, 0.01, 0.2, 10, 10.001, 3600];
    for (const seconds of given) durations.record(seconds);

    const expected = [...BOUNDS_SECONDS, Number.POSITIVE_INFINITY].map(
      (bound, index, bounds) => given.filter((s) => s <= bound && s > (bounds[index - 1] ?? -1)).length,
    );
    expect(durations.counts().buckets).toEqual(expected);
    expect(durations.counts().sumSeconds).toBeCloseTo(given.reduce((sum, seconds) => sum + seconds));
  });
});

describe('metrics of calls', () => {
  it('keep a series for each type, side, method, status, error and scheme', () => {
    const metrics = new CallMetrics();
    const calls: readonly EndedCall[] = [
      CALL,
      { ...CALL, type: 'other' },
      { ...CALL, side: 'v2' },
      { ...CALL, side: null },
      { ...CALL, method: 'POST' },
      { ...CALL, status: 201 },
      { ...CALL, status: 502 },
      { ...CALL, status: 502, error: 'UPSTREAM_FAILED' },
      { ...CALL, status: 0, error: 'aborted' },
      { ...CALL, scheme: 'https' },
    ];
    for (const call of [...calls, ...calls]) metrics.ended(call);

    expect(served(metrics).map(({ labels }) => labels)).toEqual(
      expect.arrayContaining([
        ['billing', 'legacy', 'GET', '200', '', 'http'],
        ['other', 'legacy', 'GET', '200', '', 'http'],
        ['billing', 'v2', 'GET', '200', '', 'http'],
        ['billing', 'none', 'GET', '200', '', 'http'],
        ['billing', 'legacy', 'POST', '200', '', 'http'],
        ['billing', 'legacy', 'GET', '201', '', 'http'],
        ['billing', 'legacy', 'GET', '502', '502', 'http'],
        ['billing', 'legacy', 'GET', '502', 'UPSTREAM_FAILED', 'http'],
        ['billing', 'legacy', 'GET', '', 'aborted', 'http'],
        ['billing', 'legacy', 'GET', '200', '', 'https'],
      ]),
    );
    expect(served(metrics)).toHaveLength(calls.length);
    for (const { value } of served(metrics)) expect((value as DurationCounts).buckets[0]).toBe(2);
  });

  it('call every method that is not known _OTHER', () => {
    const metrics = new CallMetrics();
    for (const method of ['PROPFIND', 'get', '__proto__', '', 'constructor']) {
      metrics.began(method);
      metrics.ended({ ...CALL, method });
    }
    expect(served(metrics).map(({ labels }) => labels?.[2])).toEqual(['_OTHER']);
  });

  it('tell how many calls are under way', () => {
    const metrics = new CallMetrics();
    for (const method of ['GET', 'GET', 'POST', 'FOO']) metrics.began(method);
    metrics.ended(CALL);
    const active = pointsOf(metrics, 'http.server.active_requests').filter(({ value }) => value !== 0);
    expect(active).toEqual([
      { labels: ['_OTHER'], value: 1 },
      { labels: ['GET'], value: 1 },
      { labels: ['POST'], value: 1 },
    ]);
  });

  it('count together what finds no series of its own, and say how much that is', () => {
    const metrics = new CallMetrics(3);
    for (let status = 200; status < 210; status += 1) metrics.ended({ ...CALL, status });
    metrics.ended({ ...CALL, status: 201 });

    expect(served(metrics)).toHaveLength(4);
    const overflow = served(metrics).find(({ labels }) => labels === null)?.value as DurationCounts;
    expect(overflow.buckets[0]).toBe(7);
    expect(pointsOf(metrics, 'banyan.metrics.overflowed')).toContainEqual({
      labels: ['http.server.request.duration'],
      value: 7,
    });
  });
});

describe('merged snapshots', () => {
  const someCall: fc.Arbitrary<EndedCall> = fc.record({
    type: fc.constantFrom('a', 'b'),
    side: fc.constantFrom('legacy' as const, 'v2' as const, null),
    method: fc.constantFrom('GET', 'POST', 'X'),
    status: fc.constantFrom(200, 404, 503),
    error: fc.constantFrom(null, 'aborted' as const),
    // Sums of whole numbers are exact in any order.
    seconds: fc.integer({ min: 0, max: 20 }),
    scheme: fc.constantFrom('http' as const, 'https' as const),
  });

  it('are what one process would have counted', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(someCall, fc.boolean()), { maxLength: 60 }), (calls) => {
        const [one, two, both] = [new CallMetrics(), new CallMetrics(), new CallMetrics()];
        for (const [call, toOne] of calls) {
          (toOne ? one : two).ended(call);
          both.ended(call);
        }
        const merged = mergeSnapshots([snapshotOf(two), JSON.parse(JSON.stringify(snapshotOf(one)))]);
        expect(sorted(merged)).toEqual(sorted(mergeSnapshots([snapshotOf(both)])));
      }),
      { numRuns: 100 },
    );
  });

  it('take the highest where a sum makes no sense', () => {
    const at = (value: number): MetricsSnapshot => ({
      schema: 1,
      metrics: [
        { name: 'nodejs.eventloop.delay.p99', points: [{ labels: [], value }] },
        { name: 'process.memory.usage', points: [{ labels: [], value }] },
      ],
    });
    expect(mergeSnapshots([at(3), at(2)])).toEqual({
      schema: 1,
      metrics: expect.arrayContaining([
        { name: 'nodejs.eventloop.delay.p99', points: [{ labels: [], value: 3 }] },
        { name: 'process.memory.usage', points: [{ labels: [], value: 5 }] },
      ]),
    });
  });
});

function snapshotOf(metrics: CallMetrics): MetricsSnapshot {
  return { schema: 1, metrics: metrics.points() };
}

function sorted({ metrics }: MetricsSnapshot): unknown {
  return metrics.map(({ name, points }) => [name, points.map((point) => JSON.stringify(point)).toSorted()]);
}
