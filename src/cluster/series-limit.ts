import { type MetricPoints, type MetricsSnapshot, mergeSnapshots, type Point } from '../telemetry/metrics/snapshot.ts';
import { METRICS, type MetricName } from '../telemetry/metrics/table.ts';

/**
 * Keeps the series of all workers together within what one process may have. The first to come are held for good; what
 * is told of further ones goes to the one of all others, so that no series ever goes back.
 */
export class SeriesLimit {
  readonly #max: number;
  readonly #held = new Map<MetricName, Set<string>>();

  /** @param max series of one histogram */
  constructor(max: number) {
    this.#max = max;
  }

  /** What a worker told, within the limit; what went to the one of all others is counted as such. */
  within(told: MetricsSnapshot): MetricsSnapshot {
    const overflowed: Point[] = [];
    const metrics = told.metrics.map((metric) => {
      if (METRICS[metric.name].kind !== 'histogram') return metric;
      const beyond = new Set(metric.points.filter((point) => !this.#holds(metric.name, point)));
      if (beyond.size === 0) return metric;
      const count = [...beyond].reduce((sum, { value }) => sum + durations(value), 0);
      overflowed.push({ labels: [metric.name], value: count });
      const points = metric.points.map((point) => (beyond.has(point) ? { ...point, labels: null } : point));
      return { ...metric, points };
    });
    if (overflowed.length === 0) return told;
    const counted: MetricPoints = { name: 'banyan.metrics.overflowed', points: overflowed };
    return mergeSnapshots([{ schema: 1, metrics: [...metrics, counted] }]);
  }

  #holds(name: MetricName, { labels }: Point): boolean {
    if (labels === null) return true;
    const held = this.#held.get(name) ?? new Set();
    this.#held.set(name, held);
    const key = JSON.stringify(labels);
    if (held.size < this.#max) held.add(key);
    return held.has(key);
  }
}

function durations(value: Point['value']): number {
  return typeof value === 'number' ? value : value.buckets.reduce((sum, count) => sum + count, 0);
}
