import { SERIES_MAX } from '../telemetry/metrics/call-metrics.ts';
import { type MetricPoints, type MetricsSnapshot, mergeSnapshots } from '../telemetry/metrics/snapshot.ts';
import { METRICS, type MetricName } from '../telemetry/metrics/table.ts';

import { SeriesLimit } from './series-limit.ts';

/** What workers tell of these in other ways, the supervisor has added up itself. */
const ADDED_UP: ReadonlySet<MetricName> = new Set([
  'banyan.gateway.events',
  'banyan.store.events',
  'banyan.shadow.eligible',
  'banyan.shadow.settled',
] satisfies MetricName[]);

/** What of a worker's metrics is its own to tell. */
export function ownMetrics(metrics: readonly MetricPoints[]): MetricsSnapshot {
  return { schema: 1, metrics: metrics.filter(({ name }) => !ADDED_UP.has(name)) };
}

/** The metrics of the workers. What counts up goes on counting when a worker ends; what it held is gone with it. */
export class MetricsTally {
  /** By worker, the last that it told of each metric, within the limit. */
  readonly #told = new Map<number, Map<MetricName, MetricPoints>>();
  readonly #limit = new SeriesLimit(SERIES_MAX);
  #ended: MetricsSnapshot = { schema: 1, metrics: [] };

  tell(worker: number, snapshot: MetricsSnapshot): void {
    const told = this.#told.get(worker) ?? new Map<MetricName, MetricPoints>();
    this.#told.set(worker, told);
    for (const one of this.#limit.within(snapshot).metrics) told.set(one.name, one);
  }

  ended(worker: number): void {
    const told = [...(this.#told.get(worker)?.values() ?? [])];
    this.#told.delete(worker);
    const metrics = told.filter(({ name }) => METRICS[name].kind !== 'gauge');
    this.#ended = mergeSnapshots([this.#ended, { schema: 1, metrics }]);
  }

  /** With the supervisor's own. */
  together(own: MetricsSnapshot): MetricsSnapshot {
    const told = [...this.#told.values()].map((metrics) => ({ schema: 1 as const, metrics: [...metrics.values()] }));
    return mergeSnapshots([own, this.#ended, ...told]);
  }
}
