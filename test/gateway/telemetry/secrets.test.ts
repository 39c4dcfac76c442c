import { afterAll, beforeAll, expect, it } from 'vitest';
import { DebugTokens } from '../../../src/gateway/telemetry/debug-tokens.ts';
import { prometheusText } from '../../../src/telemetry/metrics/prometheus.ts';
import { OtlpTracing } from '../../../src/telemetry/trace/otlp-tracing.ts';
import { type Collector, startCollector } from '../../support/collector.ts';
import { billing, type GatewayRig, startRig } from '../../support/gateway-rig.ts';
import { type KeptLog, keepLog } from '../../support/log.ts';
import { json, startUpstream, type Upstream, unusedAddress } from '../../support/upstream.ts';

let collector: Collector;
let upstream: Upstream;
let tracing: OtlpTracing;
let log: KeptLog;
let rig: GatewayRig;

beforeAll(async () => {
  collector = await startCollector();
  upstream = await startUpstream((_, response) => {
    response.setHeader('set-cookie', 'session=s3cr3t-answer-cookie');
    json(response, { id: 's3cr3t-answer-body' });
  });
  tracing = new OtlpTracing(collector.config, { onError: () => undefined });
  log = keepLog('debug');
  const debugTokens = new DebugTokens('s3cr3t-admin');
  const spec = billing(upstream.url, await unusedAddress(), { affinity: ['query:tenant'] });
  rig = await startRig(spec, { tracing, debugTokens, logger: log.logger });
});
afterAll(async () => {
  await rig.close();
  await Promise.all([upstream.close(), collector.close()]);
});

it('what is secret in a call stands in no log line, no metric and no span', async () => {
  await rig.stage('live');
  const [jwt, email, card] = [
    'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJzM2NyM3QifQ.c2lnbmF0dXJlLW9mLXMzY3IzdA',
    's3cr3t@example.com',
    '4111111111111111',
  ];
  const { token } = new DebugTokens('s3cr3t-admin').sign(null, 1);
  const headers = {
    authorization: 'Bearer s3cr3t-bearer',
    cookie: 'session=s3cr3t-cookie',
    'x-api-key': 's3cr3t-key',
    'x-tenant': 's3cr3t-tenant',
    'user-agent': 's3cr3t-agent',
    referer: 'http://s3cr3t-referer/',
    'x-banyan-debug': token,
  };
  const query = '?tenant=s3cr3t-tenant&token=s3cr3t-query&s3cr3t-name';
  for (const path of [
    '/billing/invoices',
    '/billing/invoices/42',
    `/billing/${jwt}`,
    `/billing/${email}`,
    `/billing/${card}`,
  ])
    await fetch(`${rig.data}${path}${query}`, { headers }).then((response) => response.text());
  await fetch(`${rig.data}/billing/invoices${query}`, { method: 'POST', headers, body: 's3cr3t-body' });
  await fetch(`${rig.data}/s3cr3t-path${query}`, { headers });
  await rig.shadowIdle();
  const metrics = prometheusText(rig.gateway.metrics());
  await tracing.close();

  const told = [log.text(), metrics, ...collector.bodies].join('\n');
  expect(log.lines().length).toBeGreaterThanOrEqual(7);
  expect(collector.spans().length).toBeGreaterThanOrEqual(14);
  expect(told).toContain('/billing/invoices/42');
  for (const secret of ['s3cr3t', jwt, email, card, token, 'eyJ']) expect(told).not.toContain(secret);
});
