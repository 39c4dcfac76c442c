import { BOUNDS_SECONDS, type DurationCounts } from './durations.ts';
import type { MetricPoints, MetricsSnapshot, Point } from './snapshot.ts';
import { METRICS, type Metric } from './table.ts';

/** Prometheus' text format. */
export const CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/** A snapshot as Prometheus reads it. It is written in the event loop of the calls, so it had better be quick. */
export function prometheusText({ metrics }: MetricsSnapshot): string {
  return metrics.map(metricText).join('');
}

function metricText({ name, points }: MetricPoints): string {
  if (points.length === 0) return '';
  const metric: Metric = METRICS[name];
  const shown = prometheusName(name, metric);
  const labelNames = metric.labels.map(plainName);
  const samples = points.map(({ labels, value }) => {
    const text = labelsText(labelNames, labels);
    return typeof value === 'number' ? sample(shown, text, value) : histogramText(shown, text, value);
  });
  return `# HELP ${shown} ${metric.description}\n# TYPE ${shown} ${metric.kind}\n${samples.join('')}`;
}

/** What Prometheus calls the units; those that only say what is counted have no name there. */
const UNITS: Readonly<Record<string, string>> = { s: '_seconds', By: '_bytes' };

/** The name with its unit, as OpenTelemetry's rules for Prometheus have it. Exported for the test of the docs. */
export function prometheusName(name: string, { unit, kind }: Metric): string {
  return `${plainName(name)}${UNITS[unit] ?? ''}${kind === 'counter' ? '_total' : ''}`;
}

function plainName(name: string): string {
  return name.replaceAll('.', '_');
}

/** `a="b",c="d"`. A label without a value is left out, which for Prometheus is the same. */
function labelsText(names: readonly string[], values: Point['labels']): string {
  if (values === null) return 'otel_metric_overflow="true"';
  const pairs = values.flatMap((value, index) => (value === '' ? [] : [`${names[index]}="${escaped(value)}"`]));
  return pairs.join(',');
}

function escaped(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}

function sample(name: string, labels: string, value: number): string {
  return labels === '' ? `${name} ${value}\n` : `${name}{${labels}} ${value}\n`;
}

const BOUNDS = [...BOUNDS_SECONDS.map(String), '+Inf'];

/** Prometheus' buckets each hold those below too. */
function histogramText(name: string, labels: string, { buckets, sumSeconds }: DurationCounts): string {
  const before = labels === '' ? '' : `${labels},`;
  let count = 0;
  let text = '';
  for (const [index, inBucket] of buckets.entries()) {
    count += inBucket;
    text += `${name}_bucket{${before}le="${BOUNDS[index]}"} ${count}\n`;
  }
  return text + sample(`${name}_sum`, labels, sumSeconds) + sample(`${name}_count`, labels, count);
}
