import { afterEach, beforeEach, expect, it } from 'vitest';
import { billing, type GatewayRig, startRig } from '../../support/gateway-rig.ts';
import { rawRequest } from '../../support/raw-client.ts';
import { json, startUpstream, type Upstream } from '../../support/upstream.ts';

const VALID = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

let legacy: Upstream;
let v2: Upstream;
let rig: GatewayRig;

beforeEach(async () => {
  legacy = await startUpstream((_, response) => json(response, {}));
  v2 = await startUpstream((_, response) => json(response, {}));
  rig = await startRig(billing(legacy.url, v2.url));
});
afterEach(async () => {
  await rig.close();
  await Promise.all([legacy.close(), v2.close()]);
});

/** What an upstream got of a trace context, in order. */
function traced({ seen }: Upstream): readonly string[] {
  const { rawHeaders = [] } = seen[0] ?? {};
  return rawHeaders.filter((_, index) => /^trace/i.test(rawHeaders[index - (index % 2)] ?? ''));
}

it.each([
  ['valid', ['TraceParent', VALID, 'tracestate', 'a=1 , b=2', 'tracestate', 'c=3']],
  ['malformed', ['traceparent', 'no-trace', 'tracestate', '===']],
  ['repeated', ['traceparent', VALID, 'traceparent', VALID]],
])('without spans of our own, a trace context passes as it came: %s', async (_, headers) => {
  const lines = headers.map((text, index) => (index % 2 === 0 ? `${text}: ` : `${text}\r\n`)).join('');
  await rawRequest(rig.data, `GET /billing/invoices HTTP/1.1\r\nhost: a\r\nconnection: close\r\n${lines}`);
  expect(traced(legacy)).toEqual(headers);
});

it('a copy carries no trace context: the candidate begins a trace of its own', async () => {
  await rig.stage('shadow');
  await fetch(`${rig.data}/billing/invoices`, { headers: { traceparent: VALID, tracestate: 'a=1', 'x-tenant': 'b' } });
  await rig.shadowIdle();
  expect(traced(legacy)).toEqual(['traceparent', VALID, 'tracestate', 'a=1']);
  expect(v2.seen).toHaveLength(1);
  expect(v2.seen[0]?.headers['x-tenant']).toBe('b');
  expect(traced(v2)).toEqual([]);
});
