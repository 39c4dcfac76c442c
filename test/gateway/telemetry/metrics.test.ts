import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DEFAULT_LIMITS, DEFAULT_TIMEOUTS } from '../../../src/contract/limits.ts';
import { STAGE_NAMES } from '../../../src/contract/stages.ts';
import { COUNTERS } from '../../../src/gateway/counters.ts';
import { billing, type GatewayRig, startRig } from '../../support/gateway-rig.ts';
import { rawRequest } from '../../support/raw-client.ts';
import { rawConnect } from '../../support/raw-socket.ts';
import { type Sample, sampleValue, scrape } from '../../support/scrape.ts';
import { settled } from '../../support/settled.ts';
import { json, startUpstream, type Upstream, unusedAddress } from '../../support/upstream.ts';

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

const call = (path: string, init: RequestInit = {}) =>
  fetch(`${rig.data}${path}`, init).then(async (response) => [response.status, await response.text()] as const);

const COUNT = 'http_server_request_duration_seconds_count';
const ASKED = 'http_client_request_duration_seconds_count';

/** Labels and values of a metric, sorted. */
function series(samples: readonly Sample[], name: string): readonly (readonly [string, number])[] {
  return samples
    .filter((sample) => sample.name === name)
    .map(({ labels, value }) => [Object.values(labels).join(' '), value] as const)
    .toSorted();
}

describe('calls', () => {
  it('are counted by type, side, method, status, error and scheme', async () => {
    await call('/billing/invoices');
    await call('/billing/invoices');
    await call('/billing/pay', { method: 'PUT', body: 'x' });
    await call('/nowhere');
    legacy.answer((_, response) => json(response, {}, 503));
    await call('/billing/invoices');
    legacy.answer(() => undefined);
    await rig.gateway.reconfigure({
      types: [billing(legacy.url, v2.url)],
      limits: DEFAULT_LIMITS,
      timeouts: { ...DEFAULT_TIMEOUTS, answerMs: 200 },
      trustedProxies: [],
    });
    await call('/billing/invoices');
    await rawRequest(rig.data, 'PROPFIND /billing/a/../b HTTP/1.1\r\nhost: a\r\n');

    expect(series(scrape(rig), COUNT)).toEqual(
      [
        ['billing legacy GET 200 http', 2],
        ['billing legacy GET 503 503 http', 1],
        ['billing legacy GET 504 UPSTREAM_TIMEOUT http', 1],
        ['billing legacy PUT 200 http', 1],
        ['none GET 404 NO_TYPE http', 1],
        ['none _OTHER 400 BAD_TARGET http', 1],
      ].toSorted(),
    );
  });

  it('take as long as their answers take', async () => {
    legacy.answer((_, response) => setTimeout(() => json(response, {}), 30));
    await call('/billing/invoices');
    const samples = scrape(rig);
    const seconds = sampleValue(samples, 'http_server_request_duration_seconds_sum');
    expect(seconds).toBeGreaterThan(0.025);
    expect(seconds).toBeLessThan(60);
    expect(sampleValue(samples, 'http_server_request_duration_seconds_bucket', { le: '0.025' })).toBe(0);
  });

  it('that a client leaves are told by aborted, and are not under way any more', async () => {
    legacy.answer(() => undefined);
    const socket = await rawConnect(rig.data);
    socket.send('GET /billing/invoices HTTP/1.1\r\nhost: a\r\n\r\n');
    while (legacy.seen.length === 0) await new Promise(setImmediate);
    const meanwhile = scrape(rig);
    expect(sampleValue(meanwhile, 'http_server_active_requests', { http_request_method: 'GET' })).toBe(1);
    expect(sampleValue(meanwhile, 'banyan_client_connections')).toBe(1);
    expect(
      sampleValue(meanwhile, 'banyan_upstream_pending', { banyan_side: 'legacy', banyan_purpose: 'primary' }),
    ).toBe(1);

    socket.reset();
    await settled(() => rig.gateway.parts.counters.snapshot().client_aborts);
    const samples = scrape(rig);
    expect(series(samples, COUNT)).toEqual([['billing legacy GET aborted http', 1]]);
    expect(sampleValue(samples, 'http_server_active_requests', { http_request_method: 'GET' })).toBe(0);
    expect(sampleValue(samples, 'banyan_client_connections')).toBe(0);
  });

  it('that end in a defect count as answered by 500', async () => {
    const { policies } = rig.gateway.parts;
    const { current } = policies;
    policies.current = () => {
      throw new Error('defect');
    };
    expect((await call('/billing/invoices'))[0]).toBe(500);
    policies.current = current;
    expect(series(scrape(rig), COUNT)).toEqual([['billing none GET 500 INTERNAL http', 1]]);
  });
});

describe('upstreams', () => {
  it('are counted each time a side is asked, primaries and candidates apart', async () => {
    await rig.stage('shadow');
    await call('/billing/invoices');
    await rig.shadowIdle();
    expect(series(scrape(rig), ASKED)).toEqual([
      ['billing legacy GET 200 primary', 1],
      ['billing v2 GET 200 candidate', 1],
    ]);
    await rig.close();
    rig = await startRig(billing(legacy.url, await unusedAddress()));
    await rig.stage('live');
    await call('/billing/invoices');

    expect(series(scrape(rig), ASKED)).toEqual(
      [
        ['billing v2 GET refused primary', 1],
        ['billing legacy GET 200 primary', 1],
      ].toSorted(),
    );
    expect(series(scrape(rig), COUNT)).toEqual([['billing legacy GET 200 http', 1]]);
  });
});

describe('the rest', () => {
  it('tells of stage, share, rollback and the shadow', async () => {
    await rig.stage('ramp', 250_000);
    v2.answer((_, response) => json(response, { other: true }));
    await call('/billing/invoices', { headers: { 'x-tenant': 'a' } });
    await rig.shadowIdle();

    const samples = scrape(rig);
    const stages = STAGE_NAMES.map((stage) => sampleValue(samples, 'banyan_policy_stage', { banyan_stage: stage }));
    expect(stages).toEqual(STAGE_NAMES.map((stage) => (stage === 'ramp' ? 1 : 0)));
    expect(sampleValue(samples, 'banyan_policy_share', { banyan_type: 'billing' })).toBe(0.25);
    expect(sampleValue(samples, 'banyan_policy_rolled_back', { banyan_type: 'billing' })).toBe(0);
    expect(sampleValue(samples, 'banyan_shadow_eligible_total', { banyan_type: 'billing' })).toBe(1);
    expect(sampleValue(samples, 'banyan_shadow_settled_total', { banyan_outcome: 'mismatch' })).toBe(1);
    expect(sampleValue(samples, 'banyan_shadow_settled_total', { banyan_outcome: 'match' })).toBe(0);
    expect(sampleValue(samples, 'banyan_shadow_pending')).toBe(0);

    await rig.gateway.parts.policies.rollBack('billing', { actor: 'test', reason: 'test' });
    expect(sampleValue(scrape(rig), 'banyan_policy_rolled_back')).toBe(1);
  });

  it('has every counter, and what the process uses', async () => {
    await call('/nowhere');
    const samples = scrape(rig);
    for (const name of Object.keys(COUNTERS)) {
      const value = sampleValue(samples, 'banyan_gateway_events_total', { banyan_event: name });
      expect(value, name).toBe(name === 'unmatched' ? 1 : 0);
    }
    expect(sampleValue(samples, 'process_memory_usage_bytes')).toBeGreaterThan(1e6);
    expect(sampleValue(samples, 'process_cpu_time_seconds_total', { cpu_mode: 'user' })).toBeGreaterThan(0);
    // Watched from the first look on, so the second one has it.
    expect(sampleValue(samples, 'nodejs_eventloop_delay_p99_seconds')).toBeUndefined();
    await expect.poll(() => sampleValue(scrape(rig), 'nodejs_eventloop_delay_p99_seconds')).toBeGreaterThanOrEqual(0);
  });
});
