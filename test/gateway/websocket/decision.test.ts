import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { BILLING_OPERATIONS, billing, type GatewayRig, startRig } from '../../support/gateway-rig.ts';
import { unusedAddress } from '../../support/upstream.ts';
import { dial, echo, handshake, type RawUpstream, startRawUpstream } from './peers.ts';

const WIRE = {
  operations: [
    ...BILLING_OPERATIONS,
    {
      name: 'watch',
      method: 'GET',
      path: '/billing/watch/:id',
      effect: 'read',
      names: { invoice: 'path.id' },
    } as const,
  ],
  compare: [],
  affinity: [],
  order: 'entity',
} as const;

let legacy: RawUpstream;
let v2: RawUpstream;
let rig: GatewayRig;
beforeAll(async () => {
  legacy = await startRawUpstream(echo);
  v2 = await startRawUpstream(echo);
});
afterAll(async () => {
  await Promise.all([legacy.close(), v2.close()]);
});
beforeEach(async () => {
  rig = await startRig(billing(legacy.url, v2.url, { wire: WIRE }), { limits: { upgradesMax: 2 } });
  return () => rig.close();
});

/** The side that a WebSocket ended up at. */
async function sideOf(path: string, headers: Record<string, string> = {}): Promise<'legacy' | 'v2'> {
  const before = { legacy: legacy.peers.length, v2: v2.peers.length };
  const client = await dial(rig.data, handshake(path, headers));
  await client.until('101 ');
  client.socket.destroy();
  await expect.poll(() => rig.gateway.parts.tunnels.size).toBe(0);
  const asked = { legacy: legacy.peers.length - before.legacy, v2: v2.peers.length - before.v2 };
  expect(asked.legacy + asked.v2).toBe(1);
  return asked.v2 === 1 ? 'v2' : 'legacy';
}

it('the stage decides, and a rollback holds', async () => {
  expect(await sideOf('/billing/feed')).toBe('legacy');
  await rig.stage('live');
  expect(await sideOf('/billing/feed')).toBe('v2');
  await rig.gateway.parts.policies.rollBack('billing', { actor: 'test', reason: 'test' });
  expect(await sideOf('/billing/feed')).toBe('legacy');
});

it('at ramp a caller stays on its side, and some are on each', async () => {
  await rig.stage('ramp', 500_000);
  const sides: string[] = [];
  for (let tenant = 0; tenant < 12; tenant += 1) {
    const headers = { 'X-Tenant': `tenant-${tenant}` };
    sides.push(await sideOf('/billing/feed', headers));
    expect(await sideOf('/billing/feed', headers)).toBe(sides.at(-1));
  }
  expect(new Set(sides)).toEqual(new Set(['legacy', 'v2']));
});

it('the owner of a named entity decides', async () => {
  await rig.stage('shadow');
  await rig.gateway.parts.entities.created('billing', 'v2', [{ kind: 'invoice', id: 'inv-of-v2' }]);
  expect(await sideOf('/billing/watch/inv-of-v2')).toBe('v2');
  expect(await sideOf('/billing/watch/inv-of-nobody')).toBe('legacy');
});

it('at shadow nothing is mirrored, and the handshake is counted once', async () => {
  await rig.stage('shadow');
  expect(await sideOf('/billing/feed')).toBe('legacy');
  await rig.shadowIdle();
  const { ledger } = rig.gateway.parts.shadowOf('billing');
  expect(ledger.totals()).toMatchObject({ answered: { legacy: 1, v2: 0 }, eligible: 0, compared: 0, dropped: 0 });
});

it('the upstream gets the headers that every call brings it, and those of the WebSocket', async () => {
  const { promise: head, resolve } = Promise.withResolvers<string>();
  legacy.on((peer) => {
    resolve(peer.heard);
    echo(peer);
  });
  const client = await dial(
    rig.data,
    handshake('/billing/feed?q=1', {
      Connection: 'Upgrade, x-secret',
      'X-Secret': '1',
      'Proxy-Authorization': 'x',
      'X-Forwarded-For': '6.6.6.6',
      'X-Banyan-Mirror': '1',
      'Sec-WebSocket-Protocol': 'chat, other',
      'Sec-WebSocket-Extensions': 'permessage-deflate',
      Origin: 'http://test',
      Cookie: 's=1',
    }),
  );
  const lines = (await head).trim().split('\r\n');
  expect(lines).toEqual([
    'GET /billing/feed?q=1 HTTP/1.1',
    'Host: test',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    'Sec-WebSocket-Protocol: chat, other',
    'Sec-WebSocket-Extensions: permessage-deflate',
    'Origin: http://test',
    'Cookie: s=1',
    'x-forwarded-for: 127.0.0.1',
    'x-forwarded-proto: http',
    'x-forwarded-host: test',
    'connection: Upgrade',
    'upgrade: websocket',
  ]);
  client.socket.destroy();
  legacy.on(echo);
});

it('no more than upgradesMax are open at once', async () => {
  const two = await Promise.all([0, 1].map(() => dial(rig.data, handshake('/billing/feed'))));
  await Promise.all(two.map((client) => client.until('101 ')));
  const third = await (await dial(rig.data, handshake('/billing/feed'))).rest();
  expect(third).toMatch(/^HTTP\/1\.1 503 .*\r\nretry-after: 1\r\n.*"code":"UPGRADES_FULL"/s);
  expect(rig.gateway.parts.counters.snapshot()).toMatchObject({ upgrades_over_limit: 1, upgrades_opened: 2 });
  for (const { socket } of two) socket.destroy();
  await expect.poll(() => rig.gateway.parts.tunnels.size).toBe(0);
  expect(await sideOf('/billing/feed')).toBe('legacy');
});

it('an upstream that has no address yet is a 502', async () => {
  const starting = await startRig(billing(await unusedAddress(), v2.url));
  starting.gateway.parts.types[0]?.primaryLegs.legacy.setBase(null);
  expect(await (await dial(starting.data, handshake('/billing/feed'))).rest()).toMatch(/^HTTP\/1\.1 502 /);
  await starting.close();
});
