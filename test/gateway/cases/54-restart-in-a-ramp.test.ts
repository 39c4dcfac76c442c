import { once } from 'node:events';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { billing, type GatewayRig, startRig } from '../../support/gateway-rig.ts';
import { type Answer, json, startUpstream, type Upstream } from '../../support/upstream.ts';

const TENANTS = Array.from({ length: 40 }, (_, n) => `tenant-${n}`);

/** Numbers its invoices; says who paid. */
function invoices(by: string): Answer {
  let created = 0;
  return ({ url }, response) => {
    if (url === '/billing/pay') return json(response, { by });
    created += 1;
    json(response, { id: `${by}-invoice-${created}`, by }, 201);
  };
}

let legacy: Upstream;
let v2: Upstream;
let rig: GatewayRig;
beforeEach(async () => {
  legacy = await startUpstream(invoices('legacy'));
  v2 = await startUpstream(invoices('v2'));
  rig = await startRig(billing(legacy.url, v2.url, { mirror: 'none' }));
  await rig.stage('ramp', 500_000);
});
afterEach(async () => {
  await rig.close();
  await Promise.all([legacy.close(), v2.close()]);
});

async function post(path: string, body: object, tenant: string) {
  const headers = { 'content-type': 'application/json', 'x-tenant': tenant };
  const response = await fetch(rig.data + path, { method: 'POST', headers, body: JSON.stringify(body) });
  return { status: response.status, body: (await response.json()) as { id: string; by: string } };
}

/** Stops an upstream with all its connections, and gives a function that starts it again on its port. */
async function stopped(upstream: Upstream): Promise<() => Promise<void>> {
  const { port, hostname } = new URL(upstream.url);
  await upstream.close();
  return async () => {
    upstream.server.listen(Number(port), hostname);
    await once(upstream.server, 'listening');
  };
}

it.each(['legacy', 'v2'] as const)(
  '54: a restart of %s in the midst of a ramp brings no write to the other side, and none twice',
  async (which) => {
    const made = await Promise.all(
      TENANTS.map(async (tenant) => ({ tenant, ...(await post('/billing/invoices', {}, tenant)).body })),
    );
    const down = which === 'legacy' ? legacy : v2;
    const owned = (side: 'legacy' | 'v2') => made.filter(({ by }) => by === side);
    expect([owned('legacy').length > 0, owned('v2').length > 0]).toEqual([true, true]);
    const before = { legacy: legacy.seen.length, v2: v2.seen.length };

    const start = await stopped(down);
    const pay = () =>
      Promise.all(
        made.map(async ({ tenant, id, by }) => ({ id, by, paid: await post('/billing/pay', { invoice: id }, tenant) })),
      );
    for (const { by, paid } of await pay()) {
      expect(paid.status).toBe(by === which ? 502 : 200);
      if (by !== which) expect(paid.body.by).toBe(by);
    }
    await start();
    for (const { by, paid } of await pay()) expect(paid).toMatchObject({ status: 200, body: { by } });

    const paidAt = (upstream: Upstream, from: number) =>
      upstream.seen.slice(from).map(({ body }) => (JSON.parse(body) as { invoice: string }).invoice);
    const other = which === 'legacy' ? 'v2' : 'legacy';
    const ids = (side: 'legacy' | 'v2') => owned(side).map(({ id }) => id);
    expect(paidAt(down, before[which]).toSorted()).toEqual(ids(which).toSorted());
    expect(paidAt(which === 'legacy' ? v2 : legacy, before[other]).toSorted()).toEqual(
      [...ids(other), ...ids(other)].toSorted(),
    );
  },
);
