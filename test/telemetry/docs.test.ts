import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { prometheusName } from '../../src/telemetry/metrics/prometheus.ts';
import { METRICS, type Metric } from '../../src/telemetry/metrics/table.ts';

const DOCS = readFileSync(new URL('../../docs/observability.md', import.meta.url), 'utf8');

it('docs/observability.md has the metrics that there are, as they are', () => {
  const documented = DOCS.split('\n').filter((line) => /^\| `[a-z0-9.]+\.[a-z0-9._]+` \| `/.test(line));
  const rows = Object.entries<Metric>(METRICS).map(([name, metric]) => {
    const labels = metric.labels.map((label) => `\`${label}\``).join(', ') || 'none';
    const cells = [`\`${name}\``, `\`${prometheusName(name, metric)}\``, metric.kind, labels, metric.merge];
    return `| ${[...cells, metric.description].join(' | ')} |`;
  });
  expect(documented).toEqual(rows);
});
