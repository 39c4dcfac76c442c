import type { HrTime } from '@opentelemetry/api';
import { ValueType } from '@opentelemetry/api';
import { PrometheusSerializer } from '@opentelemetry/exporter-prometheus';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  AggregationTemporality,
  DataPointType,
  type MetricData,
  type MetricProducer,
} from '@opentelemetry/sdk-metrics';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BOUNDS_SECONDS, type DurationCounts } from '../../../src/telemetry/metrics/durations.ts';
import { prometheusName, prometheusText } from '../../../src/telemetry/metrics/prometheus.ts';
import type { MetricPoints, Point } from '../../../src/telemetry/metrics/snapshot.ts';
import { METRICS, type Metric, type MetricName } from '../../../src/telemetry/metrics/table.ts';

const snapshotOf = (metrics: readonly MetricPoints[]) => ({ schema: 1, metrics }) as const;

describe('metrics as Prometheus reads them', () => {
  it('have buckets that add up, labels without empty ones, and names with units', () => {
    const buckets = [2, 0, 1, ...Array.from({ length: 11 }, () => 0), 4];
    const text = prometheusText(
      snapshotOf([
        {
          name: 'http.server.request.duration',
          points: [
            { labels: ['billing', '', 'GET', '404', '', 'http'], value: { buckets, sumSeconds: 60.5 } },
            { labels: null, value: { buckets: buckets.map(() => 1), sumSeconds: 1 } },
          ],
        },
        { name: 'process.cpu.time', points: [{ labels: ['user'], value: 1.5 }] },
        { name: 'banyan.client.connections', points: [{ labels: [], value: 3 }] },
        { name: 'banyan.spans', points: [] },
      ]),
    );

    const name = 'http_server_request_duration_seconds';
    const labels = 'banyan_type="billing",http_request_method="GET",http_response_status_code="404",url_scheme="http"';
    expect(text.split('\n')).toEqual(
      expect.arrayContaining([
        `# TYPE ${name} histogram`,
        `${name}_bucket{${labels},le="0.005"} 2`,
        `${name}_bucket{${labels},le="0.025"} 3`,
        `${name}_bucket{${labels},le="10"} 3`,
        `${name}_bucket{${labels},le="+Inf"} 7`,
        `${name}_sum{${labels}} 60.5`,
        `${name}_count{${labels}} 7`,
        `${name}_count{otel_metric_overflow="true"} 15`,
        '# TYPE process_cpu_time_seconds_total counter',
        'process_cpu_time_seconds_total{cpu_mode="user"} 1.5',
        'banyan_client_connections 3',
      ]),
    );
    expect(text).not.toContain('banyan_spans');
  });

  const number = fc.oneof(fc.nat(), fc.double({ noNaN: true, noDefaultInfinity: true }));
  const durations = fc.record({
    buckets: fc.array(fc.nat({ max: 1e6 }), { minLength: 15, maxLength: 15 }),
    sumSeconds: number,
  });
  const pointsOf = (name: MetricName): fc.Arbitrary<MetricPoints> => {
    const { kind, labels }: Metric = METRICS[name];
    const text = fc.string({
      unit: fc.oneof(fc.constantFrom('"', '\\', '\n', '{', ','), fc.string({ unit: 'binary' })),
    });
    const values = fc.array(text, { minLength: labels.length, maxLength: labels.length });
    const value: fc.Arbitrary<Point['value']> = kind === 'histogram' ? durations : number;
    const points = fc.array(fc.record({ labels: fc.option(values), value }), { minLength: 1, maxLength: 3 });
    return points.map((made) => ({ name, points: made }));
  };

  it("say what OpenTelemetry's own serializer makes of them", async () => {
    const names = Object.keys(METRICS) as readonly MetricName[];
    await fc.assert(
      fc.asyncProperty(fc.tuple(...names.map(pointsOf)), async (metrics) => {
        const { resourceMetrics } = await producer(metrics).collect();
        const theirs = new PrometheusSerializer(undefined, false, undefined, true, true).serialize(resourceMetrics);
        expect(linesIn(prometheusText(snapshotOf(metrics)))).toEqual(linesIn(theirs));
      }),
      { numRuns: 100 },
    );
  });
});

/** Each family's lines in any order: count and sum may stand before the buckets or behind them. */
function linesIn(text: string): readonly string[] {
  return text
    .split(/\n(?=#|[a-z_]+(?:\{| ))/)
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .toSorted();
}

/** The official way to hand metrics of one's own to OpenTelemetry. */
function producer(metrics: readonly MetricPoints[]): MetricProducer {
  return {
    collect: async () => ({
      resourceMetrics: {
        resource: resourceFromAttributes({}),
        scopeMetrics: [{ scope: { name: 'banyan' }, metrics: metrics.map(metricData) }],
      },
      errors: [],
    }),
  };
}

const NOW: HrTime = [0, 0];

function metricData({ name, points }: MetricPoints): MetricData {
  const metric: Metric = METRICS[name];
  const data = {
    descriptor: {
      name: prometheusName(name, metric),
      description: metric.description,
      unit: '',
      valueType: ValueType.DOUBLE,
    },
    aggregationTemporality: AggregationTemporality.CUMULATIVE,
  };
  const at = ({ labels }: Point) => ({ startTime: NOW, endTime: NOW, attributes: attributesOf(metric, labels) });
  if (metric.kind === 'histogram') {
    const dataPoints = points.map((point) => ({ ...at(point), value: histogramOf(point.value as DurationCounts) }));
    return { ...data, dataPointType: DataPointType.HISTOGRAM, dataPoints };
  }
  const dataPoints = points.map((point) => ({ ...at(point), value: point.value as number }));
  return metric.kind === 'counter'
    ? { ...data, dataPointType: DataPointType.SUM, isMonotonic: true, dataPoints }
    : { ...data, dataPointType: DataPointType.GAUGE, dataPoints };
}

function attributesOf({ labels }: Metric, values: Point['labels']) {
  if (values === null) return { 'otel.metric.overflow': 'true' };
  return Object.fromEntries(labels.flatMap((name, index) => (values[index] ? [[name, values[index]]] : [])));
}

function histogramOf({ buckets, sumSeconds }: DurationCounts) {
  const count = buckets.reduce((sum, inBucket) => sum + inBucket, 0);
  return { buckets: { boundaries: [...BOUNDS_SECONDS], counts: [...buckets] }, sum: sumSeconds, count };
}
