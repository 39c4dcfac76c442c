import { type HrTime, ValueType } from '@opentelemetry/api';
import { PrometheusSerializer } from '@opentelemetry/exporter-prometheus';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  AggregationTemporality,
  type CollectionResult,
  type DataPoint,
  DataPointType,
  type Histogram,
  type MetricData,
  type MetricProducer,
} from '@opentelemetry/sdk-metrics';
import { BOUNDS_SECONDS } from './durations.ts';
import type { MetricPoints, MetricsSnapshot, Point } from './snapshot.ts';
import { METRICS, type Metric } from './table.ts';

/** Prometheus' text format. */
export const CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/** A snapshot as Prometheus reads it. Loaded at the first scrape: nobody else needs what it needs. */
export async function prometheusText(snapshot: MetricsSnapshot): Promise<string> {
  const { resourceMetrics } = await new SnapshotProducer(snapshot).collect();
  return new PrometheusSerializer(undefined, false, undefined, true, true).serialize(resourceMetrics);
}

/** Hands a snapshot to OpenTelemetry, whose own instruments would cost the calls more than ours. */
class SnapshotProducer implements MetricProducer {
  readonly #snapshot: MetricsSnapshot;

  constructor(snapshot: MetricsSnapshot) {
    this.#snapshot = snapshot;
  }

  async collect(): Promise<CollectionResult> {
    const times = {
      startTime: hrTime(this.#snapshot.sinceMs),
      endTime: hrTime(performance.timeOrigin + performance.now()),
    };
    const metrics = this.#snapshot.metrics.map((metric) => metricData(metric, times));
    const scopeMetrics = [{ scope: { name: 'banyan' }, metrics }];
    return { resourceMetrics: { resource: resourceFromAttributes({}), scopeMetrics }, errors: [] };
  }
}

type Times = Pick<DataPoint<number>, 'startTime' | 'endTime'>;

function metricData({ name, points }: MetricPoints, times: Times): MetricData {
  const metric: Metric = METRICS[name];
  const data = {
    descriptor: {
      name: prometheusName(name, metric),
      description: metric.description,
      unit: UNITS[metric.unit] ?? '',
      valueType: ValueType.DOUBLE,
    },
    aggregationTemporality: AggregationTemporality.CUMULATIVE,
  };
  const attributesOf = ({ labels }: Point) => ({ ...times, attributes: attributes(metric.labels, labels) });
  if (metric.kind === 'histogram') {
    const dataPoints = points.map((point) => ({ ...attributesOf(point), value: histogram(point.value) }));
    return { ...data, dataPointType: DataPointType.HISTOGRAM, dataPoints };
  }
  const dataPoints = points.map((point) => ({ ...attributesOf(point), value: Number(point.value) }));
  return metric.kind === 'counter'
    ? { ...data, dataPointType: DataPointType.SUM, isMonotonic: true, dataPoints }
    : { ...data, dataPointType: DataPointType.GAUGE, dataPoints };
}

/** What Prometheus calls the units; those that only say what is counted have no name there. */
const UNITS: Readonly<Record<string, string>> = { s: 'seconds', By: 'bytes' };

/**
 * The name with its unit, as OpenTelemetry's rules for Prometheus have it; the serializer itself leaves the unit out.
 * Exported for the test that compares the docs.
 */
export function prometheusName(name: string, { unit, kind }: Metric): string {
  const plain = name.replaceAll('.', '_');
  const withUnit = UNITS[unit] === undefined ? plain : `${plain}_${UNITS[unit]}`;
  return kind === 'counter' ? `${withUnit}_total` : withUnit;
}

function attributes(names: readonly string[], values: Point['labels']): Readonly<Record<string, string>> {
  if (values === null) return { 'otel.metric.overflow': 'true' };
  return Object.fromEntries(
    names.map((name, index) => [name, values[index] ?? '']).filter(([, value]) => value !== ''),
  );
}

function histogram(value: Point['value']): Histogram {
  if (typeof value === 'number') throw new TypeError('expected a histogram');
  const { buckets, sumSeconds } = value;
  return {
    buckets: { boundaries: [...BOUNDS_SECONDS], counts: [...buckets] },
    sum: sumSeconds,
    count: buckets.reduce((sum, count) => sum + count, 0),
  };
}

function hrTime(ms: number): HrTime {
  return [Math.floor(ms / 1000), Math.round((ms % 1000) * 1e6)];
}
