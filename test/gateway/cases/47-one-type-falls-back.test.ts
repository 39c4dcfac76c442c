import { afterAll, beforeAll, expect, it } from 'vitest';
import { DEFAULT_LIMITS, DEFAULT_TIMEOUTS } from '../../../src/contract/limits.ts';
import { billing, type GatewayRig, startRig } from '../../support/gateway-rig.ts';
import { json, startUpstream, type Upstream, unusedAddress } from '../../support/upstream.ts';

let legacy: Upstream;
let v2: Upstream;
let rig: GatewayRig;
beforeAll(async () => {
  legacy = await startUpstream((_, response) => json(response, { by: 'legacy' }));
  v2 = await startUpstream((_, response) => json(response, { by: 'v2' }));
  const spec = billing(legacy.url, await unusedAddress());
  const other = billing(legacy.url, v2.url, {
    name: 'orders',
    match: { by: 'prefix', prefix: '/orders' },
    wire: { operations: [], compare: [], affinity: [], order: 'entity' },
  });
  rig = await startRig(spec);
  const [limits, timeouts] = [DEFAULT_LIMITS, DEFAULT_TIMEOUTS];
  await rig.gateway.reconfigure({ types: [spec, other], limits, timeouts, trustedProxies: [] });
  const why = { actor: 'test', reason: 'test' };
  for (const type of ['billing', 'orders']) await rig.gateway.parts.policies.stage(type, 'live', undefined, why);
});
afterAll(async () => {
  await rig.close();
  await Promise.all([legacy.close(), v2.close()]);
});

it('47: a V2 whose instances fail takes its own type back to legacy, and no other', async () => {
  const { policies } = rig.gateway.parts;
  const answeredBy = async (path: string) => ((await (await fetch(rig.data + path)).json()) as { by: string }).by;
  while (policies.current('billing').rolledBack === null) {
    expect(await answeredBy('/billing/invoices')).toBe('legacy');
    expect(await answeredBy('/orders/1')).toBe('v2');
  }
  expect(policies.current('billing')).toMatchObject({ rolledBack: { by: 'guard' } });
  expect(policies.current('orders')).toMatchObject({ stage: 'live', rolledBack: null });
  expect(await answeredBy('/billing/invoices')).toBe('legacy');
  expect(await answeredBy('/orders/1')).toBe('v2');
});
