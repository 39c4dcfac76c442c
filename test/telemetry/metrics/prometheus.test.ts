import { expect, it } from 'vitest';
import { CallMetrics } from '../../../src/telemetry/metrics/call-metrics.ts';
import { prometheusText } from '../../../src/telemetry/metrics/prometheus.ts';

it('Prometheus reads buckets that add up, labels without empty ones, and names with units', async () => {
  const metrics = new CallMetrics(1);
  const call = { type: 'billing', side: null, method: 'GET', error: null, scheme: 'http' } as const;
  for (const seconds of [0.001, 0.02, 60]) metrics.ended({ ...call, status: 404, seconds });
  metrics.ended({ ...call, status: 405, seconds: 1 });
  const text = await prometheusText({
    schema: 1,
    sinceMs: 0,
    metrics: [...metrics.points(), { name: 'process.cpu.time', points: [{ labels: ['user'], value: 1.5 }] }],
  });

  const labels = 'banyan_type="billing",http_request_method="GET",http_response_status_code="404",url_scheme="http"';
  const lines = text.split('\n');
  expect(lines).toContain('# TYPE http_server_request_duration_seconds histogram');
  expect(lines).toContain(`http_server_request_duration_seconds_count{${labels}} 3`);
  expect(lines).toContain(`http_server_request_duration_seconds_bucket{${labels},le="0.005"} 1`);
  expect(lines).toContain(`http_server_request_duration_seconds_bucket{${labels},le="0.025"} 2`);
  expect(lines).toContain(`http_server_request_duration_seconds_bucket{${labels},le="10"} 2`);
  expect(lines).toContain(`http_server_request_duration_seconds_bucket{${labels},le="+Inf"} 3`);
  expect(lines).toContain('http_server_request_duration_seconds_count{otel_metric_overflow="true"} 1');
  expect(lines).toContain('# TYPE process_cpu_time_seconds_total counter');
  expect(lines).toContain('process_cpu_time_seconds_total{cpu_mode="user"} 1.5');
  // Nothing but comments and samples (Prometheus text format 0.0.4).
  const sample = /^[a-zA-Z_:][\w:]*(?:\{(?:[a-zA-Z_]\w*="(?:[^"\\\n]|\\["\\n])*",?)*\})? (?:[\d.e+-]+|\+Inf)$/;
  for (const line of lines) if (line !== '' && !line.startsWith('# ')) expect(line).toMatch(sample);
});
