import type { DurationCounts } from './durations.ts';
import { METRICS, type Metric, type MetricName } from './table.ts';

/** One series: the values of its labels in the order of the table, `''` where it has none. */
export type Point = {
  /** `null`: the point of all that came when the metric had as many series as it may. */
  readonly labels: readonly string[] | null;
  readonly value: number | DurationCounts;
};

export type MetricPoints = { readonly name: MetricName; readonly points: readonly Point[] };

/** All metrics of a process at one moment. Plain data: it can be sent as JSON, and merged with others'. */
export type MetricsSnapshot = {
  readonly schema: 1;
  readonly metrics: readonly MetricPoints[];
};

/** The metrics of several processes as one; the order does not matter. */
export function mergeSnapshots(snapshots: readonly MetricsSnapshot[]): MetricsSnapshot {
  const names = Object.keys(METRICS) as readonly MetricName[];
  return {
    schema: 1,
    metrics: names.flatMap((name) => {
      const found = snapshots.flatMap(({ metrics }) => metrics.filter((metric) => metric.name === name));
      return found.length === 0 ? [] : [{ name, points: mergePoints(name, found) }];
    }),
  };
}

function mergePoints(name: MetricName, metrics: readonly MetricPoints[]): readonly Point[] {
  const merged = new Map<string, Point>();
  for (const point of metrics.flatMap(({ points }) => points)) {
    const key = JSON.stringify(point.labels);
    const before = merged.get(key);
    const value = before === undefined ? point.value : together(METRICS[name].merge, before.value, point.value);
    merged.set(key, { labels: point.labels, value });
  }
  return [...merged.values()];
}

function together(merge: Metric['merge'], a: Point['value'], b: Point['value']): Point['value'] {
  if (typeof a === 'number' && typeof b === 'number') return merge === 'sum' ? a + b : Math.max(a, b);
  if (typeof a === 'number' || typeof b === 'number') throw new TypeError('expected two numbers or two histograms');
  return {
    buckets: a.buckets.map((count, index) => count + (b.buckets[index] ?? 0)),
    sumSeconds: a.sumSeconds + b.sumSeconds,
  };
}
