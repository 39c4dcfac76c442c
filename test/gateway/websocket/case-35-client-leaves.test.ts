import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { billing, type GatewayRig, startRig } from '../../support/gateway-rig.ts';
import { unusedAddress } from '../../support/upstream.ts';
import { dial, echo, handshake, type Peer, type RawUpstream, startRawUpstream } from './peers.ts';

let legacy: RawUpstream;
let rig: GatewayRig;
beforeAll(async () => {
  legacy = await startRawUpstream(echo);
  rig = await startRig(billing(legacy.url, await unusedAddress()));
});
afterAll(async () => {
  await rig.close();
  await legacy.close();
});

const leaving: readonly (readonly [string, (client: Peer) => void])[] = [
  ['resets', (client) => client.socket.resetAndDestroy()],
  ['ends', (client) => client.socket.end()],
];

it.each(leaving)('35: a client that %s before the 101 frees the upstream', async (_, leaves) => {
  const { promise: asked, resolve } = Promise.withResolvers<Peer>();
  legacy.on(resolve);
  const client = await dial(rig.data, handshake('/billing/feed'));
  const upstream = await asked;
  const before = rig.gateway.parts.counters.snapshot();
  leaves(client);
  await upstream.rest();
  await vi.waitFor(() => expect(rig.gateway.parts.tunnels.size).toBe(0));
  const { client_aborts } = rig.gateway.parts.counters.snapshot();
  expect(client_aborts).toBe(before.client_aborts + 1);
  client.socket.destroy();
});

it('35: a client that resets while bytes of its own wait frees the upstream', async () => {
  const { promise: asked, resolve } = Promise.withResolvers<Peer>();
  legacy.on(resolve);
  const client = await dial(rig.data, `${handshake('/billing/feed')}early`);
  const upstream = await asked;
  client.socket.resetAndDestroy();
  await upstream.rest();
});

/** Sockets and timers that keep this program alive. */
function handles(): number {
  return process.getActiveResourcesInfo().filter((name) => name === 'TCPSocketWrap' || name === 'Timeout').length;
}

it('1,000 WebSockets that were given up, at four moments, leave no socket, timer or listener', async () => {
  const ABORTED = 1000;
  const AT_ONCE = 50;
  const listeners = process.eventNames().map((name) => process.listenerCount(name));
  const warnings: Error[] = [];
  const warned = (warning: Error) => void warnings.push(warning);
  process.on('warning', warned);
  // Every second is left without an answer.
  let asked = 0;
  legacy.on((peer) => {
    asked += 1;
    if (asked % 2 === 0) echo(peer);
    else peer.socket.on('end', () => peer.socket.end());
  });
  const before = handles();
  for (let at = 0; at < ABORTED; at += AT_ONCE) {
    await Promise.all(Array.from({ length: AT_ONCE }, (_, n) => giveUp(n % 4)));
  }
  await vi.waitFor(
    async () => {
      expect(rig.gateway.parts.tunnels.size).toBe(0);
      expect(await legacy.connections()).toBe(0);
      expect(handles()).toBeLessThanOrEqual(before);
    },
    { timeout: 5000 },
  );
  process.off('warning', warned);
  expect(asked).toBeGreaterThan(ABORTED / 4);
  expect(process.eventNames().map((name) => process.listenerCount(name))).toEqual(listeners);
  expect(warnings).toEqual([]);
}, 30_000);

/** Resets at once, while the upstream is asked, after something was heard, or after something was said. */
async function giveUp(moment: number): Promise<void> {
  const client = await dial(rig.data, handshake('/billing/feed'));
  const seen = legacy.peers.length;
  if (moment === 1) await vi.waitFor(() => expect(legacy.peers.length).toBeGreaterThan(seen - 1));
  if (moment === 2) await Promise.race([client.until('101 '), new Promise((resolve) => setTimeout(resolve, 5))]);
  if (moment === 3) client.say('something');
  client.socket.resetAndDestroy();
  await client.closed;
}
