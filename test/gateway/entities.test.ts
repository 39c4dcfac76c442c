import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { billing, type GatewayRig, startRig } from '../support/gateway-rig.ts';
import { type Answer, json, startUpstream, type Upstream } from '../support/upstream.ts';

/** A side that numbers its invoices in its own way and forgets none. */
function invoices(prefix: string): Answer {
  const known = new Map<string, { id: string; paid: boolean }>();
  return ({ method, url, body }, response) => {
    const posted = body === '' ? {} : (JSON.parse(body) as { invoice?: string });
    if (method === 'POST' && url === '/billing/invoices') {
      const id = `${prefix}-invoice-${known.size + 1}`;
      known.set(id, { id, paid: false });
      return json(response, { id, by: 'billing' }, 201);
    }
    const invoice = known.get(
      method === 'GET' ? decodeURIComponent(url.split('/').at(-1) ?? '') : (posted.invoice ?? ''),
    );
    if (invoice === undefined) return json(response, { error: 'unknown invoice' }, 404);
    if (method === 'POST') invoice.paid = true;
    json(response, { ...invoice, note: `invoice ${invoice.id} paid: ${invoice.paid}` });
  };
}

let legacy: Upstream;
let v2: Upstream;
let rig: GatewayRig;
beforeEach(async () => {
  legacy = await startUpstream(invoices('legacy'));
  v2 = await startUpstream(invoices('v2'));
  rig = await startRig(billing(legacy.url, v2.url), { timeouts: { answerMs: 10_000 } });
});
afterEach(async () => {
  await rig.close();
  await Promise.all([legacy.close(), v2.close()]);
});

const headers = { 'content-type': 'application/json', 'x-tenant': 'acme' };
const post = (path: string, body: object) =>
  fetch(rig.data + path, { method: 'POST', headers, body: JSON.stringify(body) });
const create = async () => ((await (await post('/billing/invoices', {})).json()) as { id: string }).id;
const get = async (id: string) => {
  const response = await fetch(`${rig.data}/billing/invoices/${id}`, { headers });
  return { status: response.status, body: (await response.json()) as { id?: string; paid?: boolean; note?: string } };
};
const entity = (id: string) => rig.store.findEntity({ type: 'billing', kind: 'invoice', by: 'client', id });
const totals = () => rig.gateway.parts.shadowOf('billing').ledger.totals();

describe('an entity', () => {
  it('is recorded with its owner before the client sees its id, and survives a restart', async () => {
    await rig.stage('live');
    const id = await create();
    expect(id).toBe('v2-invoice-1');
    expect(entity(id)).toMatchObject({ owner: 'v2' });
    rig = await rig.restart();
    expect(entity(id)).toMatchObject({ owner: 'v2' });
    expect(await get(id)).toMatchObject({ status: 200, body: { id } });
  });

  it('stays with the side that made it, whatever the share', async () => {
    await rig.stage('ramp', 0);
    const onLegacy = await create();
    await rig.stage('ramp', 1_000_000);
    const onV2 = await create();
    expect([onLegacy, onV2]).toEqual(['legacy-invoice-1', 'v2-invoice-2']);
    await rig.shadowIdle();
    expect((await get(onLegacy)).body.id).toBe(onLegacy);
    await rig.stage('ramp', 0);
    expect((await get(onV2)).body.id).toBe(onV2);
  });

  it('is asked for on the candidate by its twin id, in path and body, and compared modulo ids', async () => {
    await rig.stage('shadow');
    const id = await create();
    await rig.shadowIdle();
    expect(entity(id)).toMatchObject({ ids: { legacy: id, v2: 'v2-invoice-1' }, twin: 'in_sync' });
    await post('/billing/pay', { invoice: id });
    await rig.shadowIdle();
    await get(id);
    await rig.shadowIdle();
    expect(v2.seen.map(({ method, url, body }) => `${method} ${url} ${body}`)).toEqual([
      'POST /billing/invoices {}',
      'POST /billing/pay {"invoice":"v2-invoice-1"}',
      'GET /billing/invoices/v2-invoice-1 ',
    ]);
    expect(totals()).toMatchObject({ eligible: 3, compared: 3, matched: 3 });
    expect(entity(id)?.twin).toBe('in_sync');
  });

  it('goes stale when a mirrored write differs', async () => {
    await rig.stage('shadow');
    const id = await create();
    await rig.shadowIdle();
    v2.answer((_, response) => json(response, { error: 'no' }, 409));
    await post('/billing/pay', { invoice: id });
    await rig.shadowIdle();
    expect(entity(id)?.twin).toBe('stale');
  });

  it('that V2 made and legacy knows moves to legacy on rollback; the client keeps its id', async () => {
    await rig.stage('live');
    const id = await create();
    await post('/billing/pay', { invoice: id });
    await rig.shadowIdle();
    const { entities } = await rig.gateway.parts.policies.rollBack('billing', { actor: 'test', reason: 'test' });
    expect(entities).toEqual({ moved: 1, draining: 0 });
    const v2Calls = v2.seen.length;
    expect(await get(id)).toEqual({ status: 200, body: { id, paid: true, note: `invoice ${id} paid: true` } });
    expect((await (await post('/billing/pay', { invoice: id })).json()) as object).toMatchObject({ id });
    expect(v2.seen).toHaveLength(v2Calls);
    expect(legacy.seen.at(-1)?.body).toBe('{"invoice":"legacy-invoice-1"}');
  });

  it('that V2 made and legacy does not know stays with V2 on rollback', async () => {
    const answer = invoices('other');
    await rig.stage('live');
    legacy.answer((_, response) => json(response, { error: 'down' }, 503));
    const id = await create();
    await rig.shadowIdle();
    legacy.answer(answer);
    const { entities } = await rig.gateway.parts.policies.rollBack('billing', { actor: 'test', reason: 'test' });
    expect(entities).toEqual({ moved: 0, draining: 1 });
    expect(await get(id)).toMatchObject({ status: 200, body: { id } });
  });

  it('nobody recorded is asked of legacy at every stage but done', async () => {
    for (const stage of ['off', 'shadow', 'live'] as const) {
      await rig.stage(stage);
      const before = legacy.seen.length;
      expect((await get('unheard-of')).status).toBe(404);
      expect(legacy.seen.length).toBeGreaterThan(before);
    }
  });
});

describe('when V2 does not answer', () => {
  it('a read is answered by legacy, by the id that legacy knows', async () => {
    await rig.stage('live');
    const id = await create();
    await rig.shadowIdle();
    v2.answer((_, response) => void response.destroy());
    expect(await get(id)).toEqual({ status: 200, body: { id, paid: false, note: `invoice ${id} paid: false` } });
    v2.answer((_, response) => json(response, {}, 500));
    expect(await get(id)).toMatchObject({ status: 200, body: { id } });
    expect(rig.gateway.parts.counters.snapshot().fallbacks_to_legacy).toBe(2);
  });

  it('a write that may have arrived is not sent to legacy', async () => {
    await rig.stage('live');
    v2.answer((_, response) => void response.destroy());
    const before = legacy.seen.length;
    const response = await post('/billing/invoices', {});
    expect(response.status).toBe(502);
    expect(await response.json()).toMatchObject({ error: { code: 'UPSTREAM_FAILED' } });
    expect(v2.seen).toHaveLength(1);
    expect(legacy.seen).toHaveLength(before);
  });

  it('a write that cannot have arrived is answered by legacy', async () => {
    await rig.stage('live');
    await v2.close();
    const response = await post('/billing/invoices', {});
    expect([response.status, await response.json()]).toEqual([201, { id: 'legacy-invoice-1', by: 'billing' }]);
    expect(entity('legacy-invoice-1')).toMatchObject({ owner: 'legacy' });
  });

  it('five times in a row, the type is rolled back, and legacy answers everybody', async () => {
    await rig.stage('live');
    v2.answer((_, response) => json(response, {}, 500));
    for (let n = 0; n < 5; n += 1) expect((await post('/billing/invoices', {})).status).toBe(500);
    expect(rig.gateway.parts.policies.current('billing').rolledBack).toMatchObject({ by: 'guard' });
    expect((await post('/billing/invoices', {})).status).toBe(201);
    expect(rig.gateway.parts.policies.audit({ limit: 1 })[0]).toMatchObject({ actor: 'guard', action: 'rollback' });
  });

  it('within its timeout, the client gets a 504 for a write', async () => {
    await rig.close();
    rig = await startRig(billing(legacy.url, v2.url), { timeouts: { answerMs: 300 } });
    await rig.stage('live');
    v2.answer(() => undefined);
    expect((await post('/billing/invoices', {})).status).toBe(504);
  });
});

it('a caller stays on its side while the share grows, and V2 gets its share', async () => {
  const sideOf = async (tenant: string) => {
    const response = await fetch(`${rig.data}/billing/invoices`, {
      method: 'POST',
      headers: { ...headers, 'x-tenant': tenant },
      body: '{}',
    });
    return ((await response.json()) as { id: string }).id.startsWith('v2') ? 'v2' : 'legacy';
  };
  const tenants = Array.from({ length: 60 }, (_, n) => `tenant-${n}`);
  const onV2: string[][] = [];
  for (const share of [100_000, 500_000, 900_000]) {
    await rig.stage('ramp', share);
    const sides = await Promise.all(tenants.map(sideOf));
    onV2.push(tenants.filter((_, n) => sides[n] === 'v2'));
  }
  expect(onV2[0]?.every((tenant) => onV2[1]?.includes(tenant))).toBe(true);
  expect(onV2[1]?.every((tenant) => onV2[2]?.includes(tenant))).toBe(true);
  expect(onV2.map((callers) => callers.length > 0 && callers.length < 60)).toEqual([true, true, true]);
});

it('a call is not mirrored to an entity of the candidate that only happens to bear the same id', async () => {
  legacy.answer((_, response) => json(response, { id: 7 }, 201));
  v2.answer((_, response) => json(response, { id: 8 }, 201));
  await rig.stage('shadow');
  await post('/billing/invoices', {});
  await rig.shadowIdle();
  const before = v2.seen.length;
  await post('/billing/pay', { invoice: 8 });
  await rig.shadowIdle();
  expect(v2.seen).toHaveLength(before);
  await post('/billing/pay', { invoice: 7 });
  await rig.shadowIdle();
  expect(v2.seen.at(-1)?.body).toBe('{"invoice":8}');
});
