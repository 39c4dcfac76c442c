import { afterAll, beforeAll, expect, it } from 'vitest';
import { DEFAULT_LIMITS, DEFAULT_TIMEOUTS } from '../../../src/contract/limits.ts';
import { closeFrame } from '../../../src/gateway/websocket/frames.ts';
import { billing, type GatewayRig, startRig } from '../../support/gateway-rig.ts';
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

it('38: 1,000 idle WebSockets live through a reload, and a drain until its deadline, then hear 1001', async () => {
  const COUNT = 1000;
  const DRAIN_MS = 3000;
  const rig = await startRig(billing(legacy.url, await unusedAddress()), { timeouts: { drainMs: DRAIN_MS } });
  const clients = await Promise.all(
    Array.from({ length: COUNT }, async () => {
      const client = await dial(rig.data, handshake('/billing/feed'));
      await client.until('\r\n\r\n');
      return client;
    }),
  );
  expect(rig.gateway.parts.tunnels.size).toBe(COUNT);
  const upstreams = legacy.peers.slice(-COUNT);
  // Limits and timeouts that are others: every connection pool is renewed.
  const timeouts = { ...DEFAULT_TIMEOUTS, drainMs: DRAIN_MS, answerMs: 12_345 };
  const [type] = rig.gateway.parts.types;
  const spec = billing(legacy.url, legacy.url);
  expect(
    await rig.gateway.reconfigure({ types: [spec], limits: DEFAULT_LIMITS, timeouts, trustedProxies: [] }),
  ).toEqual({
    added: [],
    changed: ['billing'],
    removed: [],
  });
  expect(rig.gateway.parts.types[0]).not.toBe(type);
  for (const client of clients) client.say(frame(1, 'reloaded'));
  await Promise.all(clients.map((client) => client.until('reloaded')));
  const lateAnswer = await dial(rig.data, 'GET /billing/none HTTP/1.1\r\nHost: test\r\n\r\n');

  const beganMs = performance.now();
  const closing = rig.close();
  const ends = clients.map(async (client) => {
    const heard = await client.end();
    return { code: closeCodeIn(heard), afterMs: performance.now() - beganMs };
  });
  const [some] = clients as [Peer];
  some.say(frame(1, 'alive'));
  await some.until('alive');
  const ended = await Promise.all(ends);
  expect(new Set(ended.map(({ code }) => code))).toEqual(new Set([1001]));
  // Late is a matter of the machine, early is not.
  expect(Math.min(...ended.map(({ afterMs }) => afterMs))).toBeGreaterThan(DRAIN_MS - 2);
  for (const { socket } of [...clients, lateAnswer]) socket.destroy();
  await closing;
  await expect.poll(() => rig.gateway.parts.tunnels.size).toBe(0);
  expect(rig.gateway.parts.counters.snapshot().upgrades_sent_away).toBe(COUNT);
  const told = await Promise.all(upstreams.map((upstream) => upstream.rest()));
  expect(new Set(told.map(closeCodeIn))).toEqual(new Set([1001]));
});

it('38: a gateway that stops takes no new WebSocket', async () => {
  const rig = await startRig(billing(legacy.url, await unusedAddress()));
  const { promise: asked, resolve } = Promise.withResolvers<Peer>();
  legacy.on(resolve);
  // A connection with a call in flight is one that the drain leaves open.
  const client = await dial(rig.data, 'GET /billing/slow HTTP/1.1\r\nHost: test\r\n\r\n');
  const upstream = await asked;
  const closing = rig.close();
  upstream.say('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
  await client.until('ok');
  client.say(handshake('/billing/feed'));
  expect(await client.rest()).toMatch(/ok(?:HTTP\/1\.1 503 .*"code":"DRAINING".*)?$/s);
  legacy.on(echo);
  await closing;
});

/** An open WebSocket whose client has stopped reading, with more under way to it than the sockets' buffers take. */
async function backlogged(rig: GatewayRig): Promise<Peer> {
  const { promise: asked, resolve } = Promise.withResolvers<Peer>();
  legacy.on(resolve);
  const client = await dial(rig.data, handshake('/billing/feed'));
  const upstream = await asked;
  legacy.on(echo);
  upstream.say(switching());
  await client.until('\r\n\r\n');
  client.socket.pause();
  while (!upstream.socket.writableNeedDrain) upstream.socket.write(Buffer.alloc(1 << 20));
  let waiting = -1;
  // Stalled: what the buffers take is taken, and the rest waits.
  while (
    waiting !== upstream.socket.bytesWritten - upstream.socket.writableLength ||
    upstream.socket.writableLength === 0
  ) {
    if (upstream.socket.writableLength === 0) upstream.socket.write(Buffer.alloc(1 << 20));
    waiting = upstream.socket.bytesWritten - upstream.socket.writableLength;
    await new Promise((next) => setTimeout(next, 50));
  }
  return client;
}

it('38: an end that takes nothing, not even the farewell, does not hold up the gateway', async () => {
  const rig = await startRig(billing(legacy.url, await unusedAddress()), { timeouts: { drainMs: 0 } });
  const client = await backlogged(rig);
  await rig.close();
  client.socket.destroy();
});

it('38: what the gateway has taken for a slow reader still reaches it before the end', async () => {
  const rig = await startRig(billing(legacy.url, await unusedAddress()), { timeouts: { drainMs: 0 } });
  const client = await backlogged(rig);
  const closing = rig.close();
  while (rig.gateway.parts.counters.snapshot().upgrades_sent_away === 0) await new Promise(setImmediate);
  client.socket.resume();
  const heard = await client.end();
  const frames = heard.slice(heard.indexOf('\r\n\r\n') + 4);
  const farewell = frames.replace(/^\0+/, '');
  const taken = frames.length - farewell.length;
  expect(taken).toBeGreaterThan(1 << 20);
  // The upstream's frames are of two bytes. What was taken may end in the midst of one: there, none of ours may stand.
  const goodbye = closeFrame(1001, 'the gateway is stopping', false).toString('latin1');
  expect(farewell).toBe(taken % 2 === 0 ? goodbye : '');
  client.socket.destroy();
  await closing;
});
