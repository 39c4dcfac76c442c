import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { billing, startRig } from '../../support/gateway-rig.ts';
import { unusedAddress } from '../../support/upstream.ts';
import {
  closeCodeIn,
  dial,
  echo,
  frame,
  handshake,
  type Peer,
  type RawUpstream,
  startRawUpstream,
  switching,
} from './peers.ts';

let legacy: RawUpstream;
beforeAll(async () => {
  legacy = await startRawUpstream(echo);
});
afterAll(() => legacy.close());

it('38: 1,000 idle WebSockets live through a drain until its deadline, then hear 1001', async () => {
  const COUNT = 1000;
  const rig = await startRig(billing(legacy.url, await unusedAddress()), { timeouts: { drainMs: 1500 } });
  const clients = await Promise.all(
    Array.from({ length: COUNT }, async () => {
      const client = await dial(rig.data, handshake('/billing/feed'));
      await client.until('\r\n\r\n');
      return client;
    }),
  );
  expect(rig.gateway.parts.tunnels.size).toBe(COUNT);
  const upstreams = legacy.peers.slice(-COUNT);
  const lateAnswer = await dial(rig.data, 'GET /billing/none HTTP/1.1\r\nHost: test\r\n\r\n');

  const closing = rig.close();
  for (const client of clients) client.say(frame(1, 'alive'));
  await Promise.all(clients.map((client) => client.until('alive')));
  expect(clients.filter(({ socket }) => socket.destroyed || socket.readableEnded)).toEqual([]);

  const heard = await Promise.all(clients.map((client) => client.end()));
  expect(new Set(heard.map(closeCodeIn))).toEqual(new Set([1001]));
  for (const { socket } of [...clients, lateAnswer]) socket.destroy();
  await closing;
  await vi.waitFor(() => expect(rig.gateway.parts.tunnels.size).toBe(0));
  expect(rig.gateway.parts.counters.snapshot().upgrades_sent_away).toBe(COUNT);
  const told = await Promise.all(upstreams.map((upstream) => upstream.rest()));
  expect(new Set(told.map(closeCodeIn))).toEqual(new Set([1001]));
}, 30_000);

it('38: a gateway that stops takes no new WebSocket', async () => {
  const rig = await startRig(billing(legacy.url, await unusedAddress()));
  const { promise: asked, resolve } = Promise.withResolvers<Peer>();
  legacy.on(resolve);
  // A connection with a call in flight is one that the drain leaves open.
  const client = await dial(rig.data, 'GET /billing/slow HTTP/1.1\r\nHost: test\r\n\r\n');
  const upstream = await asked;
  const closing = rig.close();
  client.say(handshake('/billing/feed'));
  upstream.say('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
  expect(await client.rest()).not.toContain('101 ');
  legacy.on(echo);
  await closing;
});

it('38: an end that takes nothing, not even the farewell, does not hold up the gateway', async () => {
  const { promise: asked, resolve } = Promise.withResolvers<Peer>();
  legacy.on(resolve);
  const rig = await startRig(billing(legacy.url, await unusedAddress()), { timeouts: { drainMs: 50 } });
  const client = await dial(rig.data, handshake('/billing/feed'));
  const upstream = await asked;
  upstream.say(switching());
  await client.until('\r\n\r\n');
  client.socket.pause();
  upstream.say(Buffer.alloc(16 << 20));
  await rig.close();
  legacy.on(echo);
  client.socket.destroy();
});
