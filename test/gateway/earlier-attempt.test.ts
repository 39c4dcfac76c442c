/**
 * An earlier orchestrator that was to replace others, measured before this project was begun, failed in seventeen
 * ways. These are the three that concern shadowing and routing, by their number, through a whole gateway.
 * docs/failures.md lists all of them.
 */
import { afterEach, describe, expect, it } from 'vitest';
import { buildReport } from '../../shadow/report/index.ts';
import { ConfigError, parseConfig } from '../../src/config/index.ts';
import type { TypeSpec } from '../../src/contract/specs.ts';
import { OrchestratorV2 } from '../../src/kernel/index.ts';
import { billing, type GatewayRig, startRig } from '../support/gateway-rig.ts';
import { type Answer, json, startUpstream, type Upstream } from '../support/upstream.ts';

let open: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of open.reverse()) await close();
  open = [];
});

async function upstream(answer: Answer): Promise<Upstream> {
  const started = await startUpstream(answer);
  open.push(started.close);
  return started;
}

/** A gateway at a stage, between these two. */
async function between(
  legacy: Answer,
  v2: Answer,
  stage: 'shadow' | 'ramp' | 'live',
  { sharePpm, mirror = 'all' }: { readonly sharePpm?: number; readonly mirror?: TypeSpec['mirror'] } = {},
) {
  const sides = { legacy: await upstream(legacy), v2: await upstream(v2) };
  const held = { rig: await startRig(billing(sides.legacy.url, sides.v2.url, { mirror })) };
  open.push(() => held.rig.close());
  await held.rig.stage(stage, sharePpm);
  return Object.assign(held, sides);
}

/** A write that makes an invoice. */
function bill(rig: GatewayRig, tenant = 'acme'): Promise<Response> {
  const headers = { 'content-type': 'application/json', 'x-tenant': tenant };
  return fetch(`${rig.data}/billing/invoices`, { method: 'POST', headers, body: '{"amount":10}' });
}

async function reportOf({ gateway, shadowIdle }: GatewayRig) {
  await shadowIdle();
  const { shadowOf, policies } = gateway.parts;
  return buildReport(shadowOf('billing').ledger.snapshot(), policies.current('billing'));
}

describe('failure 13: shadowing really ran the work a second time, and a V2 that failed at once was an improvement', () => {
  it('work that is mirrored to a kernel that rehearses is done once, and its answers are compared', async () => {
    const charged: string[] = [];
    const charge = (by: string) => {
      charged.push(by);
      return { id: `${by}-invoice-${charged.length}`, paid: true };
    };
    const rehearse = ({ id }: { readonly id: string }) => ({ id: `v2-invoice-${id}`, paid: true });
    const kernel = new OrchestratorV2({ rehearsal: true, rehearse });
    open.push(() => kernel.close());
    await kernel.spawnAgent({ role: 'cashier', runtime: { kind: 'function', run: () => charge('v2') } });
    const { rig } = await between(
      (_, response) => json(response, charge('legacy')),
      async ({ body }, response) => {
        const { id } = await kernel.delegateTask({ type: 'bill', role: 'cashier', input: JSON.parse(body) });
        json(response, (await kernel.waitForTask(id)).result);
      },
      'shadow',
    );
    for (let n = 0; n < 3; n += 1) expect(await (await bill(rig)).json()).toMatchObject({ paid: true });
    expect(await reportOf(rig)).toMatchObject({ totals: { calls: 3, compared: 3, match: 3 } });
    expect(charged).toEqual(['legacy', 'legacy', 'legacy']);
    expect((await kernel.getHealthStatus()).tasks.completedEver).toBe(3);
  });

  it('a V2 that fails at once matches nothing, and is not quicker for it', async () => {
    const { rig } = await between(
      (_, response) => json(response, { id: 'legacy-invoice' }),
      (_, response) => json(response, { error: 'no agents' }, 500),
      'shadow',
    );
    for (let n = 0; n < 3; n += 1) expect((await bill(rig)).status).toBe(200);
    const { totals } = await reportOf(rig);
    expect(totals).toMatchObject({ compared: 3, match: 0, mismatch: 3, matchRate: 0 });
    expect([totals.outcomes.v2.statuses, totals.latency.v2.p50Ms, totals.slowdown.p50]).toEqual([
      { '5xx': 3 },
      null,
      null,
    ]);
  });

  it('answers that say the same in another order and notation are equal', async () => {
    const { rig } = await between(
      (_, response) => json(response, { id: 'legacy-invoice', amount: 10, paid: true }),
      (_, response) => {
        response.writeHead(200, { 'content-type': 'application/json; charset=utf-8' });
        response.end('{\n  "paid": true,\n  "amount": 10,\n  "id": "v2-invoice"\n}\n');
      },
      'shadow',
    );
    await bill(rig);
    expect(await reportOf(rig)).toMatchObject({ totals: { compared: 1, match: 1 } });
  });
});

describe('failure 14: each request was sent by a throw of dice, and a failure of V2 could do the work twice', () => {
  it('a caller meets one side, call after call and after a restart', async () => {
    const at = await between(
      (_, response) => json(response, { by: 'legacy' }),
      (_, response) => json(response, { by: 'v2' }),
      'ramp',
      { sharePpm: 500_000 },
    );
    const tenants = Array.from({ length: 20 }, (_, n) => `tenant-${n}`);
    const sides = () =>
      Promise.all(tenants.map(async (tenant) => ((await (await bill(at.rig, tenant)).json()) as { by: string }).by));
    const first = await sides();
    expect(new Set(first)).toEqual(new Set(['legacy', 'v2']));
    expect(await sides()).toEqual(first);
    at.rig = await at.rig.restart();
    expect(await sides()).toEqual(first);
  });

  it('a write that V2 may have done is not done again by legacy', async () => {
    const { rig, legacy, v2 } = await between(
      (_, response) => json(response, { id: 'i1' }),
      (_, response) => void response.destroy(),
      'live',
      { mirror: 'reads' },
    );
    expect((await bill(rig)).status).toBe(502);
    await rig.shadowIdle();
    expect([v2.seen.length, legacy.seen.filter(({ method }) => method === 'POST').length]).toEqual([1, 0]);
  });
});

describe('failure 15: settings were read by nobody, nothing rolled back by itself, and the mode was forgotten', () => {
  it('a setting that nobody reads is refused, with its place', () => {
    const text = 'types:\n  billing:\n    match: { prefix: /billing }\n    comparison_sample_rate: 0.1\n';
    expect(() => parseConfig(text, { file: 'banyan.yaml', builtIn: {} })).toThrow(ConfigError);
    expect(() => parseConfig(text, { file: 'banyan.yaml', builtIn: {} })).toThrow(/comparison_sample_rate/);
  });

  it('a V2 that keeps failing is rolled back without anybody, and that outlives the process', async () => {
    const at = await between(
      (_, response) => json(response, { by: 'legacy' }),
      (_, response) => json(response, { error: 'broken' }, 500),
      'live',
    );
    for (let n = 0; n < 5; n += 1) expect((await bill(at.rig)).status).toBe(500);
    expect(await (await bill(at.rig)).json()).toEqual({ by: 'legacy' });
    at.rig = await at.rig.restart();
    expect(at.rig.gateway.parts.policies.current('billing')).toMatchObject({
      stage: 'live',
      rolledBack: { by: 'guard' },
    });
    expect(await (await bill(at.rig)).json()).toEqual({ by: 'legacy' });
  });

  it('a share outlives the process, and no move of the stage loses it unasked', async () => {
    const at = await between(
      (_, response) => json(response, {}),
      (_, response) => json(response, {}),
      'ramp',
      { sharePpm: 250_000 },
    );
    at.rig = await at.rig.restart();
    expect(at.rig.gateway.parts.policies.current('billing')).toMatchObject({ stage: 'ramp', sharePpm: 250_000 });
    await expect(at.rig.stage('ramp')).rejects.toMatchObject({ code: 'BAD_INPUT' });
    expect(at.rig.gateway.parts.policies.current('billing')).toMatchObject({ stage: 'ramp', sharePpm: 250_000 });
  });
});
