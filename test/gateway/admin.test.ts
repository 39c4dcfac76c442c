import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BanyanError } from '../../src/contract/errors.ts';
import { initialPolicy, type Policy } from '../../src/contract/policy.ts';
import { buildAdmin } from '../../src/gateway/admin/app.ts';
import { adminToken, redactionKey } from '../../src/gateway/admin/secrets.ts';
import type { GatewayParts } from '../../src/gateway/parts.ts';
import { DebugTokens } from '../../src/gateway/telemetry/debug-tokens.ts';
import { billing, type GatewayRig, startRig } from '../support/gateway-rig.ts';
import { RawSocket } from '../support/raw-socket.ts';
import { json, startUpstream, type Upstream } from '../support/upstream.ts';

let upstream: Upstream;
let rig: GatewayRig;
let app: FastifyInstance;
const TOKEN = 'a-token';
const CONFIG = { file: '/etc/banyan.yaml', revision: 1, loadedAtMs: 0, lastError: null };
const headers = { authorization: `Bearer ${TOKEN}`, host: '127.0.0.1:8081' };
const post = (url: string, payload: object, over: object = {}) =>
  app.inject({ method: 'POST', url, payload, headers: { ...headers, ...over } });

beforeAll(async () => {
  upstream = await startUpstream((_, response) => json(response, {}));
  rig = await startRig(billing(upstream.url, `${upstream.url}/v2`));
  app = build();
});
afterAll(async () => {
  await app.close();
  await rig.close();
  await upstream.close();
});

function build(over: Partial<GatewayParts> = {}): FastifyInstance {
  const { gateway, store } = rig;
  return buildAdmin({
    parts: () => ({ ...gateway.parts, ...over }),
    dataUrl: () => gateway.url,
    config: { view: () => CONFIG, reload: async () => ({ config: CONFIG, change: null }) },
    store,
    token: TOKEN,
    logger: pino({ level: 'silent' }),
    isReady: () => !gateway.draining,
    metrics: () => gateway.metrics(),
    debugTokens: new DebugTokens(TOKEN),
    workers: null,
  });
}

describe('the admin API', () => {
  it.each(['banyan.example', 'localhost.evil.example', '127.0.0.1.evil.example:80', '169.254.169.254'])(
    'does not answer the host %j',
    async (host) => {
      const response = await app.inject({ url: '/v1/status', headers: { ...headers, host } });
      expect([response.statusCode, response.json().error.code]).toEqual([421, 'FORBIDDEN_HOST']);
    },
  );

  it.each(['127.0.0.1', '127.0.0.1:8081', 'localhost:9', '[::1]:8081'])('answers the host %j', async (host) => {
    expect((await app.inject({ url: '/v1/status', headers: { ...headers, host } })).statusCode).toBe(200);
  });

  it('asks for the token on every route but the probes', async () => {
    for (const [method, url] of [
      ['GET', '/v1/status'],
      ['GET', '/v1/audit'],
      ['POST', '/v1/rollback'],
      ['POST', '/v1/debug-token'],
      ['GET', '/nowhere'],
    ] as const) {
      expect((await app.inject({ method, url, headers: { host: 'localhost' } })).statusCode).toBe(401);
    }
    expect((await app.inject({ url: '/livez', headers: { host: 'localhost' } })).statusCode).toBe(200);
  });

  it.each([
    [{ stage: 'ramp', sharePpm: 1_000_001 }, '/sharePpm'],
    [{ stage: 'ramp', sharePpm: -1 }, '/sharePpm'],
    [{ stage: 'ramp', sharePpm: 0.5 }, '/sharePpm'],
    [{ stage: 'ramp', sharePpm: '50%' }, '/sharePpm'],
    [{ stage: 'sideways' }, '/stage'],
    [{}, '/stage'],
    [{ stage: 'shadow', shar: 1 }, 'shar'],
  ])('refuses %j, says where, and changes nothing', async (payload, place) => {
    const response = await post('/v1/types/billing/stage', payload);
    expect([response.statusCode, response.json().error.code]).toEqual([422, 'BAD_INPUT']);
    expect(response.json().error.message).toContain(place);
    expect(rig.gateway.parts.policies.current('billing').revision).toBe(0);
  });

  it('lets one of two operators win who decided from the same revision', async () => {
    const wish = { stage: 'shadow', expectRevision: 0 };
    const [first, second] = [await post('/v1/types/billing/stage', wish), await post('/v1/types/billing/stage', wish)];
    expect([first.statusCode, second.statusCode]).toEqual([200, 412]);
    expect(first.json()).toMatchObject({
      audit: { action: 'stage', after: { stage: 'shadow' } },
      now: { type: 'billing' },
    });
  });

  it('names what it does not know', async () => {
    expect((await post('/v1/types/nobody/stage', { stage: 'off' })).json().error.code).toBe('UNKNOWN_TYPE');
    expect((await app.inject({ url: '/v1/types/nobody/report', headers })).json().error.code).toBe('UNKNOWN_TYPE');
    expect((await app.inject({ url: '/v2/status', headers })).json().error.code).toBe('NOT_FOUND');
    expect(
      (
        await app.inject({
          method: 'POST',
          url: '/v1/explain',
          headers: { ...headers, 'content-type': 'application/json' },
          payload: '{',
        })
      ).statusCode,
    ).toBe(422);
  });

  it('tells Prometheus without a token, on loopback names only', async () => {
    const response = await app.inject({ url: '/metrics', headers: { host: 'localhost:8081' } });
    expect([response.statusCode, response.headers['content-type']]).toEqual([
      200,
      'text/plain; version=0.0.4; charset=utf-8',
    ]);
    expect(response.body).toContain('banyan_policy_stage{banyan_type="billing",banyan_stage="off"}');
    expect((await app.inject({ url: '/metrics', headers: { host: 'banyan.example' } })).statusCode).toBe(421);
  });

  it('signs debug tokens for its types, for an hour at most', async () => {
    const tokens = new DebugTokens(TOKEN);
    const all = (await post('/v1/debug-token', {})).json();
    expect(all).toMatchObject({ schema: 1, header: 'x-banyan-debug', type: null });
    expect(tokens.verify(all.token, 'anything')).toBe(true);
    const one = (await post('/v1/debug-token', { type: 'billing', minutes: 60 })).json();
    expect([tokens.verify(one.token, 'billing'), tokens.verify(one.token, 'shipping')]).toEqual([true, false]);

    for (const payload of [{ minutes: 61 }, { minutes: 0 }, { minutes: '5' }, { hours: 1 }])
      expect((await post('/v1/debug-token', payload)).statusCode).toBe(422);
    expect((await post('/v1/debug-token', { type: 'nobody' })).json().error.code).toBe('UNKNOWN_TYPE');
  });

  it('explains a call whose id stands in its body', async () => {
    const response = await post('/v1/explain', { method: 'POST', target: '/billing/pay', body: '{"invoice":"x"}' });
    expect(response.json()).toMatchObject({
      operation: 'pay',
      why: [{ rule: 'unknown_id', says: expect.stringContaining('invoice x') }],
    });
  });
});

describe('the rollback of all types', () => {
  it('tells of them in the order of the policies, whichever ended first', async () => {
    const policy = (type: string): Policy => ({ ...initialPolicy(type), stage: 'live' });
    const second = Promise.withResolvers<void>();
    const policies = {
      all: () => ['first', 'second'].map(policy),
      rollBack: async (type: string) => {
        if (type === 'first') await second.promise;
        setImmediate(second.resolve);
        return { line: { type }, entities: { moved: 0, draining: 0 } };
      },
    };
    const own = build({ policies: policies as unknown as GatewayParts['policies'] });
    const response = await own.inject({ method: 'POST', url: '/v1/rollback', headers });
    expect(response.json()).toMatchObject({ types: [{ audit: { type: 'first' } }, { audit: { type: 'second' } }] });
    await own.close();
  });

  it('tells of each whether it was rolled back', async () => {
    const policy = (type: string): Policy => ({ ...initialPolicy(type), stage: 'live' });
    const policies = {
      all: () => ['broken', 'billing', 'strange'].map(policy),
      current: policy,
      rollBack: async (type: string) => {
        if (type === 'broken') throw new BanyanError('STORE_FAILED', 'the disk is full');
        if (type === 'strange') throw new TypeError('undefined is no function');
        return { line: { type }, entities: { moved: 1, draining: 2 } };
      },
    };
    const own = build({ policies: policies as unknown as GatewayParts['policies'] });
    const response = await own.inject({ method: 'POST', url: '/v1/rollback', headers });
    expect([response.statusCode, response.json()]).toMatchObject([
      200,
      {
        schema: 1,
        types: [{ audit: { type: 'billing' }, entities: { moved: 1, draining: 2 } }],
        failed: [
          { type: 'broken', error: { code: 'STORE_FAILED', message: 'the disk is full' } },
          { type: 'strange', error: { code: 'INTERNAL' } },
        ],
      },
    ]);
    await own.close();
  });
});

describe('the end of the admin API', () => {
  it.each(['', 'GET /metrics HTTP/1.1\r\nhost: localhost\r\n'])(
    'does not wait for a connection that has sent %j',
    async (sent) => {
      const own = build();
      await own.listen({ host: '127.0.0.1', port: 0 });
      const accepted = once(own.server, 'connection');
      const client = new RawSocket(connect((own.server.address() as AddressInfo).port, '127.0.0.1'));
      const [taken] = (await accepted) as [Socket];
      if (sent !== '') {
        client.send(sent);
        await expect.poll(() => taken.bytesRead).toBe(sent.length);
      }
      await own.close();
      await client.closed;
    },
  );
});

describe('the secrets of a state folder', () => {
  it('are made once, for their owner alone, and refused when others can read them', () => {
    const folder = mkdtempSync(join(tmpdir(), 'banyan-secrets-'));
    const token = adminToken(folder);
    expect(token).toHaveLength(43);
    expect(adminToken(folder)).toBe(token);
    expect(redactionKey(folder)).toHaveLength(32);
    expect(statSync(join(folder, 'admin.token')).mode & 0o777).toBe(0o600);
    chmodSync(join(folder, 'admin.token'), 0o644);
    expect(() => adminToken(folder)).toThrow('run chmod 600');
    rmSync(folder, { recursive: true });
  });
});
