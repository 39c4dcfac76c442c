import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Tracing } from '../../../src/telemetry/trace/tracing.ts';
import { billing, type GatewayRig, startRig } from '../../support/gateway-rig.ts';
import { keepLog } from '../../support/log.ts';
import { json, startUpstream, type Upstream } from '../../support/upstream.ts';

const broken = (): never => {
  throw new Error('a defect of who makes spans');
};
const CONTEXT = { traceId: 'a'.repeat(32), parentId: 'b'.repeat(16), sampled: true, tracestate: null };
const brokenAtTheEnd = () => ({ context: CONTEXT, end: broken });

const BROKEN: Tracing = {
  call: broken,
  attempt: broken,
  copy: broken,
  counts: () => ({ exported: 0, failed: 0, dropped: 0 }),
  close: async () => undefined,
};

let upstream: Upstream;
let rig: GatewayRig;
const log = keepLog('error');

beforeEach(async () => {
  upstream = await startUpstream((_, response) => json(response, { fine: true }));
});
afterEach(async () => {
  await rig.close();
  await upstream.close();
});

it.each([
  ['begin', BROKEN],
  ['end', { ...BROKEN, call: brokenAtTheEnd, attempt: brokenAtTheEnd, copy: brokenAtTheEnd }],
])('spans that cannot %s cost no call and no copy anything, and are counted', async (_, tracing) => {
  rig = await startRig(billing(upstream.url, `${upstream.url}/v2`), { tracing, logger: log.logger });
  await rig.stage('shadow');
  const response = await fetch(`${rig.data}/billing/invoices`);
  expect([response.status, await response.json()]).toEqual([200, { fine: true }]);
  await rig.shadowIdle();
  expect(upstream.seen.map(({ url }) => url)).toEqual(['/billing/invoices', '/v2/billing/invoices']);
  const { telemetry_defects: defects, mirror_defects: ofMirror } = rig.gateway.parts.counters.snapshot();
  expect(defects).toBeGreaterThanOrEqual(1);
  expect(ofMirror).toBe(0);
  expect(log.text()).toContain('a defect of who makes spans');
});
