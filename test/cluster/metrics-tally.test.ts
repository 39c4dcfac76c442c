import { expect, it } from 'vitest';
import { MetricsTally, ownMetrics } from '../../src/cluster/metrics-tally.ts';
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
