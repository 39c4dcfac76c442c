import { describe, expect, it } from 'vitest';
import { MetricsTally, ownMetrics } from '../../src/cluster/metrics-tally.ts';
import { SERIES_MAX } from '../../src/telemetry/metrics/call-metrics.ts';
import type { MetricPoints, MetricsSnapshot } from '../../src/telemetry/metrics/snapshot.ts';

const one = (name: MetricPoints['name'], value: number): MetricPoints => ({ name, points: [{ labels: [], value }] });
const of = (...metrics: readonly MetricPoints[]): MetricsSnapshot => ({ schema: 1, metrics });
const read = ({ metrics }: MetricsSnapshot, name: string) =>
  metrics.find((metric) => metric.name === name)?.points[0]?.value;

it('what counts up goes on when a worker ends, and what it held is gone', () => {
  const tally = new MetricsTally();
  tally.tell(1, of(one('banyan.client.connections', 3), one('banyan.spans', 5)));
  tally.tell(2, of(one('banyan.client.connections', 4), one('banyan.spans', 7)));
  tally.tell(1, of(one('banyan.spans', 6)));
  const own = of(one('banyan.gateway.events', 1));
  const together = tally.together(own);
  expect(
    ['banyan.client.connections', 'banyan.spans', 'banyan.gateway.events'].map((name) => read(together, name)),
  ).toEqual([7, 13, 1]);
  tally.ended(1);
  tally.ended(1);
  tally.tell(3, of(one('banyan.spans', 1)));
  const after = tally.together(own);
  expect([read(after, 'banyan.client.connections'), read(after, 'banyan.spans')]).toEqual([4, 14]);
});

it('what the supervisor has added up itself is not told twice', () => {
  const { metrics } = ownMetrics([one('banyan.gateway.events', 1), one('banyan.spans', 2)]);
  expect(metrics.map(({ name }) => name)).toEqual(['banyan.spans']);
});

describe('series of all workers together', () => {
  const NAME = 'http.server.request.duration';
  const series = (from: number, to: number): MetricPoints => ({
    name: NAME,
    points: Array.from({ length: to - from }, (_, n) => ({
      labels: [`type${from + n}`],
      value: { buckets: [1, 0, 1], sumSeconds: 0.5 },
    })),
  });
  const points = (tally: MetricsTally) => tally.together(of()).metrics.find(({ name }) => name === NAME)?.points ?? [];

  it('are as many as one process may have, whatever workers come and go', () => {
    const tally = new MetricsTally();
    tally.tell(1, of(series(0, SERIES_MAX)));
    tally.tell(2, of(series(1, SERIES_MAX + 2), one('banyan.spans', 1)));
    const together = () => {
      const all = points(tally);
      const other = all.find(({ labels }) => labels === null);
      const first = all.find(({ labels }) => labels?.[0] === 'type1');
      return [all.length, other?.value, first?.value, read(tally.together(of()), 'banyan.metrics.overflowed')];
    };
    const expected = [SERIES_MAX + 1, { buckets: [2, 0, 2], sumSeconds: 1 }, { buckets: [2, 0, 2], sumSeconds: 1 }, 4];
    expect(together()).toEqual(expected);
    tally.ended(2);
    tally.ended(1);
    expect(together()).toEqual(expected);
    tally.tell(3, of(series(2 * SERIES_MAX, 2 * SERIES_MAX + 1)));
    expect([points(tally).length, read(tally.together(of()), 'banyan.metrics.overflowed')]).toEqual([
      SERIES_MAX + 1,
      6,
    ]);
  });
});
