/**
 * What it costs a call to be watched: measured in the recorder alone, then from its beginning to its end as the
 * gateway does it, beside a histogram of OpenTelemetry's that is given the same labels; and what a scrape costs that
 * finds every series taken.
 */
import { MeterProvider, MetricReader } from '@opentelemetry/sdk-metrics';
import { pino } from 'pino';
import { Telemetry } from '../../src/gateway/telemetry/telemetry.ts';
import { CallMetrics, type EndedCall } from '../../src/telemetry/metrics/call-metrics.ts';
import { BOUNDS_SECONDS } from '../../src/telemetry/metrics/durations.ts';
import { prometheusText } from '../../src/telemetry/metrics/prometheus.ts';
import { OtlpTracing } from '../../src/telemetry/trace/otlp-tracing.ts';
import type { Tracing } from '../../src/telemetry/trace/tracing.ts';
import { type BenchmarkResult, figure } from './result.ts';

const ROUNDS = 15;
const CALLS = 100_000;
const HEADERS = ['host', 'a', 'accept', '*/*', 'x-tenant', 'acme', 'user-agent', 'bench', 'content-type', 'text/plain'];

export async function run(): Promise<readonly BenchmarkResult[]> {
  const metrics = new CallMetrics();
  const recorded = bestNs((call) => metrics.ended(call));
  const histogram = openTelemetryHistogram();
  const theirs = bestNs(({ type, side, method, status, scheme, seconds }) =>
    histogram.record(seconds, {
      'banyan.type': type,
      'banyan.side': side ?? '',
      'http.request.method': method,
      'http.response.status_code': status,
      'url.scheme': scheme,
    }),
  );
  const tracing = new OtlpTracing(
    { endpoint: 'http://127.0.0.1:9/v1/traces', headers: {}, serviceName: 'bench', sampleRatio: 0 },
    { onError: () => undefined },
  );
  const watched = bestNs(watching(null));
  const traced = bestNs(watching(tracing));
  await tracing.close();
  return [
    {
      ...figure('one duration recorded', recorded, 'ns'),
      against: "OpenTelemetry's histogram",
      ratio: Number((recorded / theirs).toPrecision(3)),
      target: 'well below 1000 ns',
      met: recorded < 500,
    },
    figure('a call watched from beginning to end: call, one side asked, no log, no spans', watched, 'ns'),
    figure('the same with spans, none sampled', traced, 'ns'),
    fullScrape(),
  ];
}

/** What the gateway does for a call that asks one side. */
function watching(tracing: Tracing | null): (call: EndedCall) => void {
  const telemetry = new Telemetry({
    logger: pino({ level: 'info' }, { write: () => undefined }),
    redact: (path) => path,
    tracing,
    debugTokens: null,
    nowMs: () => performance.now(),
    defect: (error) => {
      throw error;
    },
  });
  const outcome = { kind: 'answer', status: 200, headers: [], body: null } as const;
  const observation = { side: 'legacy', outcome, firstByteMs: 1, totalMs: 2 } as const;
  return ({ type }) => {
    const record = telemetry.begin({ method: 'GET', rawHeaders: HEADERS }, 'http');
    record.head = { type, path: '/billing/invoices/7', address: '127.0.0.1' };
    record.answered(record.asks('legacy'), 'http://127.0.0.1:9001', observation);
    record.end({ status: 200, ownError: null }, performance.now());
  };
}

/** Nanoseconds a call, in the best of several rounds: what else the machine does only adds. */
function bestNs(watch: (call: EndedCall) => void): number {
  const calls = Array.from({ length: 64 }, (_, n) => someCall(n));
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round += 1) {
    const beganMs = performance.now();
    for (let n = 0; n < CALLS; n += 1) watch(calls[n & 63] as EndedCall);
    best = Math.min(best, ((performance.now() - beganMs) * 1e6) / CALLS);
  }
  return best;
}

function someCall(n: number): EndedCall {
  return {
    type: `type_${n % 8}`,
    side: n % 2 === 0 ? 'legacy' : 'v2',
    method: n % 3 === 0 ? 'POST' : 'GET',
    status: n % 16 === 0 ? 404 : 200,
    error: null,
    seconds: (n % 32) / 1000,
    scheme: 'http',
  };
}

class NoReader extends MetricReader {
  protected override async onForceFlush(): Promise<void> {}
  protected override async onShutdown(): Promise<void> {}
}

function openTelemetryHistogram() {
  const provider = new MeterProvider({ readers: [new NoReader()] });
  const advice = { explicitBucketBoundaries: [...BOUNDS_SECONDS] };
  return provider.getMeter('bench').createHistogram('http.server.request.duration', { advice });
}

/** Far more series than a gateway has: all that it may have. */
function fullScrape(): BenchmarkResult {
  const metrics = new CallMetrics();
  for (let n = 0; n < 5000; n += 1) {
    const call = { ...someCall(0), type: `type_${n % 40}`, status: 200 + Math.floor(n / 40) };
    metrics.ended(call);
    metrics.attempted({ ...call, purpose: 'primary' });
  }
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 5; round += 1) {
    const beganMs = performance.now();
    prometheusText({ schema: 1, metrics: metrics.points() });
    best = Math.min(best, performance.now() - beganMs);
  }
  return figure(`a scrape of ${metrics.series} histograms`, best, 'ms');
}
