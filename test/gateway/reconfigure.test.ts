import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DEFAULT_LIMITS, DEFAULT_TIMEOUTS } from '../../src/contract/limits.ts';
import type { TypeSpec } from '../../src/contract/specs.ts';
import { billing, type GatewayRig, startRig } from '../support/gateway-rig.ts';
import { json, startUpstream, type Upstream } from '../support/upstream.ts';

let legacy: Upstream;
let v2: Upstream;
let rig: GatewayRig;
let held: ServerResponse[];

beforeEach(async () => {
  held = [];
  legacy = await startUpstream(({ method }, response) => json(response, method === 'POST' ? { id: 'inv-1' } : {}));
  v2 = await startUpstream((_, response) => json(response, { id: 'v2-1' }));
  rig = await startRig(billing(legacy.url, v2.url), { timeouts: { drainMs: 0 } });
});
afterEach(async () => {
  await rig.close();
  await Promise.all([legacy.close(), v2.close()]);
});

const reconfigure = (...types: readonly TypeSpec[]) =>
  rig.gateway.reconfigure({
    types,
    limits: DEFAULT_LIMITS,
    timeouts: { ...DEFAULT_TIMEOUTS, drainMs: 0 },
    trustedProxies: [],
  });
const post = async (path: string, body: object) => {
  const payload = { method: 'POST', body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
  return (await fetch(rig.data + path, payload)).arrayBuffer();
};

describe('another config', () => {
  it('keeps a type that is unchanged as it is, connections and all', async () => {
    await reconfigure(billing(legacy.url, v2.url));
    const [before] = rig.gateway.parts.types;
    expect(await reconfigure(billing(legacy.url, v2.url))).toEqual({ added: [], changed: [], removed: [] });
    expect(rig.gateway.parts.types[0]).toBe(before);
  });

  it('keeps the order of copies: one of a call that begins after waits for one that began before', async () => {
    await rig.stage('shadow');
    v2.answer((_, response) => void held.push(response));
    const creation = once(v2.server, 'request');
    await post('/billing/invoices', {});
    await creation;

    await reconfigure(billing(legacy.url, v2.url, { affinity: ['address'] }));
    await post('/billing/pay', { invoice: 'inv-1' });
    expect(rig.gateway.parts.shadowOf('billing').mirror.pending).toBe(2);
    v2.answer((_, response) => json(response, {}));
    for (const response of held) json(response, { id: 'v2-1' });
    await rig.shadowIdle();
    // The copy of the payment went out with the id that the creation had given there.
    expect(v2.seen.map(({ url, body }) => [url, body])).toEqual([
      ['/billing/invoices', '{}'],
      ['/billing/pay', '{"invoice":"v2-1"}'],
    ]);
    expect(rig.store.countEntities('billing').twins).toMatchObject({ in_sync: 1, stale: 0 });
  });

  it('lets a call of a removed type finish, though it had not been sent yet', async () => {
    await rig.stage('shadow');
    const begun = new Promise<void>((resolve) => {
      const { policies } = rig.gateway.parts;
      const { current } = policies;
      policies.current = (type) => {
        resolve();
        return current.call(policies, type);
      };
    });
    const body = '{"invoice":"inv-1"}';
    const head = `POST /billing/pay HTTP/1.1\r\nhost: test\r\nconnection: close\r\ncontent-length: ${body.length}\r\n\r\n`;
    const { hostname, port } = new URL(rig.data);
    const socket = connect(Number(port), hostname);
    socket.write(`${head}${body.slice(0, 5)}`);
    await begun;
    expect(await reconfigure()).toEqual({ added: [], changed: [], removed: ['billing'] });
    socket.write(body.slice(5));
    expect(Buffer.concat(await socket.toArray()).toString()).toContain('200 OK');
    expect(legacy.seen.at(-1)).toMatchObject({ url: '/billing/pay', body });
    while (rig.gateway.parts.policies.all().length > 0) await new Promise(setImmediate);
    expect(rig.gateway.parts.types).toEqual([]);
  });

  it('refuses another order for a type, and changes nothing', async () => {
    const spec = billing(legacy.url, v2.url, { affinity: ['address'] });
    const [before] = rig.gateway.parts.types;
    await expect(reconfigure({ ...spec, wire: { ...spec.wire, order: 'type' } })).rejects.toMatchObject({
      code: 'BAD_CONFIG',
    });
    expect(rig.gateway.parts.types[0]).toBe(before);
  });

  it('is refused by a gateway that stops', async () => {
    const closed = rig.gateway.close();
    await expect(reconfigure(billing(legacy.url, v2.url))).rejects.toMatchObject({ code: 'OVERLOADED' });
    await closed;
  });

  it('gives a type without a V2 address the v2 host that runs, and every new one of it', async () => {
    rig.gateway.setV2Host(v2.url);
    await reconfigure(billing(legacy.url, v2.url, { v2: null }));
    expect(rig.gateway.parts.types[0]?.upstreams().v2).toBe(v2.url);
    rig.gateway.setV2Host(null);
    expect(rig.gateway.parts.types[0]?.upstreams().v2).toBe(null);
  });

  it('refuses to pile up behind calls that never end', async () => {
    legacy.answer((_, response) => void held.push(response));
    const calls: Promise<unknown>[] = [];
    const call = async () => {
      const asked = once(legacy.server, 'request');
      calls.push(fetch(`${rig.data}/billing/x`).catch(() => undefined));
      await asked;
    };
    for (let n = 0; n < 100; n += 1) {
      await call();
      await reconfigure(billing(legacy.url, v2.url, { affinity: [n % 2 === 0 ? 'address' : 'request'] }));
    }
    await expect(reconfigure(billing(legacy.url, v2.url))).rejects.toMatchObject({ code: 'OVERLOADED' });
    for (const response of held) json(response, {});
    await Promise.all(calls);
    await reconfigure(billing(legacy.url, v2.url));
  });
});
