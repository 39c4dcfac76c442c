import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { billing, type GatewayRig, startRig } from '../../support/gateway-rig.ts';
import { unusedAddress } from '../../support/upstream.ts';
import { dial, echo, handshake, type Peer, type RawUpstream, startRawUpstream } from './peers.ts';

let legacy: RawUpstream;
let v2: RawUpstream;
let rig: GatewayRig;
beforeAll(async () => {
  legacy = await startRawUpstream(echo);
  v2 = await startRawUpstream(echo);
  rig = await startRig(billing(legacy.url, v2.url), { timeouts: { answerMs: 150 } });
});
afterAll(async () => {
  await rig.close();
  await Promise.all([legacy.close(), v2.close()]);
});
beforeEach(() => {
  legacy.on(echo);
  v2.on(echo);
});

async function answer(base = rig.data): Promise<string> {
  const client = await dial(base, handshake('/billing/feed'));
  return client.rest();
}

it('34: an upstream that does not listen is a 502, never a bare close', async () => {
  const down = await startRig(billing(await unusedAddress(), v2.url));
  expect(await answer(down.data)).toMatch(/^HTTP\/1\.1 502 .*"code":"UPSTREAM_REFUSED"/s);
  await down.close();
});

it.each<readonly [string, (peer: Peer) => void]>([
  ['ends', (peer) => peer.socket.end()],
  ['resets', (peer) => peer.socket.resetAndDestroy()],
  ['breaks off in its head', (peer) => peer.socket.end('HTTP/1.1 101 Swit')],
  ['does not speak HTTP', (peer) => peer.say('SSH-2.0-OpenSSH\r\n')],
  ['sends a head without end', (peer) => peer.say(`HTTP/1.1 101 S\r\nX-Long: ${'x'.repeat(100_000)}`)],
])('34: an upstream that %s before its answer is a 502', async (_, does) => {
  legacy.on(does);
  expect(await answer()).toMatch(/^HTTP\/1\.1 502 .*"code":"UPSTREAM_FAILED"/s);
});

it('34: an upstream that never answers is a 504, and its connection is freed', async () => {
  const { promise: asked, resolve } = Promise.withResolvers<Peer>();
  legacy.on(resolve);
  const [heard, peer] = await Promise.all([answer(), asked]);
  expect(heard).toMatch(/^HTTP\/1\.1 504 .*"code":"UPSTREAM_TIMEOUT"/s);
  await peer.end();
});

it('34: V2 that does not listen is legacy answering, and the guard hears of each', async () => {
  const down = await startRig(billing(legacy.url, await unusedAddress()));
  await down.stage('live');
  const client = await dial(down.data, `${handshake('/billing/feed')}hello`);
  expect(await client.until('hello')).toMatch(/^HTTP\/1\.1 101 /);
  expect(down.gateway.parts.counters.snapshot().fallbacks_to_legacy).toBe(1);
  client.socket.destroy();
  while (down.gateway.parts.policies.current('billing').rolledBack === null) {
    const next = await dial(down.data, handshake('/billing/feed'));
    await next.until('101 ');
    next.socket.destroy();
  }
  expect(down.gateway.parts.policies.current('billing').rolledBack?.by).toBe('guard');
  await down.close();
});

it('34: V2 that fails on the handshake is legacy answering; its refusals are its own', async () => {
  await rig.stage('live');
  v2.on((peer) => peer.say('HTTP/1.1 500 Broken\r\nContent-Length: 4\r\n\r\noops'));
  const client = await dial(rig.data, handshake('/billing/feed'));
  await client.until('101 ');
  client.socket.destroy();
  v2.on((peer) => peer.say('HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n'));
  expect(await answer()).toMatch(/^HTTP\/1\.1 403 No\r\n/);
  await rig.stage('off');
});

it('34: a handshake that is a write is never asked of a second side once it was sent', async () => {
  const operations = [{ name: 'feed', method: 'GET', path: '/billing/feed', effect: 'write' } as const];
  const strict = await startRig(
    billing(legacy.url, v2.url, { wire: { operations, compare: [], affinity: [], order: 'entity' } }),
  );
  await strict.stage('live');
  v2.on((peer) => peer.socket.end());
  expect(await answer(strict.data)).toMatch(/^HTTP\/1\.1 502 /);
  await strict.close();
});
