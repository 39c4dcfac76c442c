import { afterEach, beforeEach, expect, it } from 'vitest';
import { DebugTokens } from '../../../src/gateway/telemetry/debug-tokens.ts';
import { OtlpTracing } from '../../../src/telemetry/trace/otlp-tracing.ts';
import { type Collector, startCollector } from '../../support/collector.ts';
import { billing, type GatewayRig, startRig } from '../../support/gateway-rig.ts';
import { sampleValue, scrape } from '../../support/scrape.ts';
import { unusedAddress } from '../../support/upstream.ts';
import { dial, echo, handshake, type RawUpstream, startRawUpstream } from '../websocket/peers.ts';

const TRACE = '0af7651916cd43dd8448eb211c80319c';

let collector: Collector;
let tracing: OtlpTracing;
let legacy: RawUpstream;
let rig: GatewayRig;
const debugTokens = new DebugTokens('admin');

beforeEach(async () => {
  collector = await startCollector();
  tracing = new OtlpTracing(collector.config, { onError: () => undefined });
  let asked = '';
  legacy = await startRawUpstream(async (peer) => {
    asked = await peer.until('\r\n\r\n');
    echo(peer);
    peer.say(`[${/^traceparent: (.*)$/im.exec(asked)?.[1]}]`);
  });
  rig = await startRig(billing(legacy.url, await unusedAddress()), { tracing, debugTokens });
});
afterEach(async () => {
  await rig.close();
  await Promise.all([tracing.close(), legacy.close()]);
  await collector.close();
});

it('a WebSocket is measured, traced and explained as every call, from its handshake to its 101', async () => {
  const headers = {
    traceparent: `00-${TRACE}-b7ad6b7169203331-01`,
    'x-banyan-debug': debugTokens.sign('billing', 1).token,
  };
  const client = await dial(rig.data, handshake('/billing/feed?token=secret', headers));
  const heard = await client.until(']');
  expect(heard).toMatch(/^HTTP\/1\.1 101 .*\r\nx-banyan-type: billing\r\n.*\r\nx-banyan-side: legacy\r\n/s);

  const samples = scrape(rig);
  expect(sampleValue(samples, 'banyan_client_websockets')).toBe(1);
  const name = 'http_server_request_duration_seconds_count';
  expect(sampleValue(samples, name, { http_response_status_code: '101', banyan_side: 'legacy' })).toBe(1);
  expect(sampleValue(samples, 'http_server_active_requests', { http_request_method: 'GET' })).toBe(0);

  client.socket.destroy();
  await tracing.close();
  const spans = collector.spans();
  expect(spans.map(({ traceId, kind }) => [traceId, kind]).toSorted()).toEqual([
    [TRACE, 2],
    [TRACE, 3],
  ]);
  expect(heard).toContain(`[00-${TRACE}-${spans.find(({ kind }) => kind === 3)?.spanId}-01]`);
});

it('a handshake that is refused is counted by what it was refused for', async () => {
  const client = await dial(rig.data, handshake('/billing/feed', { 'Sec-WebSocket-Version': '8' }));
  await client.until('\r\n\r\n');
  const labels = { http_response_status_code: '426', error_type: 'WEBSOCKET_VERSION' };
  expect(sampleValue(scrape(rig), 'http_server_request_duration_seconds_count', labels)).toBe(1);
  client.socket.destroy();
});
