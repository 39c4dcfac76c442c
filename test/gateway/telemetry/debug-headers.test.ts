import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DebugTokens } from '../../../src/gateway/telemetry/debug-tokens.ts';
import { billing, type GatewayRig, startRig } from '../../support/gateway-rig.ts';
import { rawRequest } from '../../support/raw-client.ts';
import { json, startUpstream, type Upstream, unusedAddress } from '../../support/upstream.ts';

const MINUTE_MS = 60_000;

let nowMs = 1e12;
const tokens = new DebugTokens('an-admin-token', () => nowMs);

describe('a debug token', () => {
  it('is good until it expires', () => {
    const { token, expiresAtMs } = tokens.sign(null, 15);
    expect(expiresAtMs).toBe(nowMs + 15 * MINUTE_MS);
    expect(tokens.verify(token, 'billing')).toBe(true);
    nowMs += 15 * MINUTE_MS;
    expect(tokens.verify(token, 'billing')).toBe(false);
  });

  it('of a type is good for that type only', () => {
    const { token } = tokens.sign('billing', 1);
    expect([tokens.verify(token, 'billing'), tokens.verify(token, 'shipping')]).toEqual([true, false]);
  });

  it('is not good under another admin token, nor with any bit of it changed', () => {
    const { token } = tokens.sign('billing', 1);
    expect(new DebugTokens('another', () => nowMs).verify(token, 'billing')).toBe(false);
    for (let at = 0; at < token.length; at += 1) {
      const changed = token.slice(0, at) + (token[at] === 'B' ? 'C' : 'B') + token.slice(at + 1);
      // The last letter of 43 has two bits that say nothing.
      if (at < token.length - 1) expect(tokens.verify(changed, 'billing'), String(at)).toBe(false);
    }
    for (const text of ['', '.', 'a.b', `${token}.`, token.slice(0, -1), `${token}a`, 'x'.repeat(1e6)])
      expect(tokens.verify(text, 'billing')).toBe(false);
  });

  it.each([0, -1, 61, Number.NaN, Number.POSITIVE_INFINITY])('is not signed for %d minutes', (minutes) => {
    expect(() => tokens.sign(null, minutes)).toThrow(RangeError);
  });
});

describe('an answer', () => {
  let legacy: Upstream;
  let rig: GatewayRig;
  beforeEach(async () => {
    legacy = await startUpstream((_, response) => {
      response.setHeader('X-Banyan-Side', 'upstream says');
      json(response, { id: 'inv_1' });
    });
    rig = await startRig(billing(legacy.url, await unusedAddress()), { debugTokens: tokens });
  });
  afterEach(async () => {
    await rig.close();
    await legacy.close();
  });

  const get = async (path: string, token: string | null, init: RequestInit = {}) => {
    const headers = { 'x-tenant': 'secret-tenant', ...(token === null ? {} : { 'x-banyan-debug': token }) };
    const response = await fetch(`${rig.data}${path}`, { headers, ...init });
    await response.text();
    return Object.fromEntries([...response.headers].filter(([name]) => name.startsWith('x-banyan-')));
  };

  it('tells a client with a good token how its call was decided', async () => {
    await rig.stage('ramp', 0);
    expect(await get('/billing/invoices', tokens.sign(null, 1).token)).toEqual({
      'x-banyan-type': 'billing',
      'x-banyan-operation': 'list_invoices',
      'x-banyan-stage': 'ramp',
      'x-banyan-side': 'legacy',
      'x-banyan-why': expect.stringMatching(
        /^stage: stage ramp, share 0 ppm; affinity: affinity key from header:x-tenant; bucket: bucket \d+ >= 0$/,
      ),
      'x-banyan-affinity': 'caller header:x-tenant',
      'x-banyan-attempts': '1',
      'x-banyan-call-id': expect.stringMatching(/^[0-9a-f-]{36}$/),
    });
  });

  it('that is held, or comes from the second side asked, or is our own error, tells it too', async () => {
    await rig.stage('live');
    const { token } = tokens.sign('billing', 1);
    expect(await get('/billing/invoices', token)).toMatchObject({
      'x-banyan-side': 'legacy',
      'x-banyan-attempts': '2',
    });
    expect(await get('/billing/invoices', token, { method: 'POST' })).toMatchObject({
      'x-banyan-operation': 'create_invoice',
      'x-banyan-side': 'legacy',
    });
    await legacy.close();
    expect(await get('/billing/invoices', token)).toMatchObject({
      'x-banyan-type': 'billing',
      'x-banyan-attempts': '2',
    });
  });

  it('never has what it cannot have as a header', async () => {
    await rig.stage('live');
    await rig.gateway.parts.policies.rollBack('billing', {
      actor: 'test',
      reason: 'broken\r\nset-cookie: a=1 \u2013 é',
    });
    const headers = await get('/billing/invoices', tokens.sign(null, 1).token);
    expect(headers['x-banyan-why']).toBe('rolled_back: rolled back by test: broken??set-cookie: a=1 ? ?');
  });

  it.each([
    ['no token', () => null],
    ['a token that has expired', () => expired()],
    ['a token for another type', () => tokens.sign('shipping', 1).token],
    ['something else', () => 'true'],
  ])('tells nothing of it to a client with %s', async (_, token) => {
    const given = token();
    expect(await get('/billing/invoices', given)).toEqual({});
    const refused = rig.gateway.parts.counters.snapshot().debug_tokens_refused;
    expect(refused).toBe(given === null ? 0 : 1);
  });

  it('is asked for without what clients say in our name', async () => {
    const { token } = tokens.sign(null, 1);
    await rawRequest(
      rig.data,
      `GET /billing/invoices HTTP/1.1\r\nhost: a\r\nconnection: close\r\nX-Banyan-Debug: ${token}\r\nx-banyan-mirror: 1\r\n`,
    );
    expect(Object.keys(legacy.seen[0]?.headers ?? {}).filter((name) => name.startsWith('x-banyan'))).toEqual([]);
  });
});

function expired(): string {
  const { token } = tokens.sign(null, 1);
  nowMs += MINUTE_MS;
  return token;
}
