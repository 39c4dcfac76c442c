import { expect, it } from 'vitest';
import { dial, echo, handshake, type Peer } from './peers.ts';
import { useWebSocketRig } from './websocket-rig.ts';

const at = useWebSocketRig(echo);

const leaving: readonly (readonly [string, (client: Peer) => void])[] = [
  ['resets', (client) => client.socket.resetAndDestroy()],
  ['ends', (client) => client.socket.end()],
];

it.each(leaving)('35: a client that %s before the 101 frees the upstream', async (_, leaves) => {
  const { promise: asked, resolve } = Promise.withResolvers<Peer>();
  at.legacy.on(resolve);
  const client = await dial(at.rig.data, handshake('/billing/feed'));
  const upstream = await asked;
  const before = at.rig.gateway.parts.counters.snapshot();
  leaves(client);
  await upstream.rest();
  await expect.poll(() => at.rig.gateway.parts.tunnels.size).toBe(0);
  const { client_aborts } = at.rig.gateway.parts.counters.snapshot();
  expect(client_aborts).toBe(before.client_aborts + 1);
  client.socket.destroy();
});

it('35: a client that resets while bytes of its own wait frees the upstream', async () => {
  const { promise: asked, resolve } = Promise.withResolvers<Peer>();
  at.legacy.on(resolve);
  const client = await dial(at.rig.data, `${handshake('/billing/feed')}early`);
  const upstream = await asked;
  client.socket.resetAndDestroy();
  await upstream.rest();
});
