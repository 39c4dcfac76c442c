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
