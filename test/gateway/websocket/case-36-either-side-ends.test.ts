import { beforeEach, expect, it } from 'vitest';
import { billing, startRig } from '../../support/gateway-rig.ts';
import { unusedAddress } from '../../support/upstream.ts';
import { closeCodeIn, dial, frame, handshake, masked, type Peer, switching } from './peers.ts';
import { useWebSocketRig } from './websocket-rig.ts';

const at = useWebSocketRig();
let upstream: Promise<Peer>;
beforeEach(() => {
  const { promise, resolve } = Promise.withResolvers<Peer>();
  upstream = promise;
  at.legacy.on((peer) => {
    peer.say(switching());
    resolve(peer);
  });
});

async function open(base = at.rig.data): Promise<readonly [Peer, Peer]> {
  const client = await dial(base, handshake('/billing/feed'));
  await client.until('\r\n\r\n');
  return [client, await upstream];
}

it("36: the upstream's close code reaches the client, and the client's answer the upstream", async () => {
  const [client, served] = await open();
  served.socket.end(frame(8, Buffer.from([4004 >> 8, 4004 & 0xff])));
  expect(closeCodeIn(await client.end())).toBe(4004);
  client.socket.end('goodbye');
  await served.until('goodbye');
  await served.end();
});

it("36: the client's close code, masked as it is, reaches the upstream", async () => {
  const [client, served] = await open();
  const before = served.heard.length;
  client.say(masked(8, Buffer.from([4001 >> 8, 4001 & 0xff])));
  client.socket.end();
  const heard = await served.end();
  expect(closeCodeIn(heard)).toBe(4001);
  expect(heard.slice(before)).toBe(masked(8, Buffer.from([4001 >> 8, 4001 & 0xff])).toString('latin1'));
  served.socket.end();
  await client.end();
});

it("36: the client's end is the upstream's end", async () => {
  const [client, served] = await open();
  client.socket.end('last words');
  expect(await served.end()).toMatch(/last words$/);
  served.socket.end('and mine');
  expect(await client.end()).toMatch(/and mine$/);
});

it.each(['client', 'upstream'] as const)('36: a reset of the %s closes the other side', async (who) => {
  const [client, served] = await open();
  const [leaves, stays] = who === 'client' ? [client, served] : [served, client];
  leaves.socket.resetAndDestroy();
  await stays.rest();
});

it('36: a side that does not close when the other has is cut', async () => {
  const [client, served] = await open();
  served.socket.end();
  await client.end();
  // Neither ends its own direction any more; writing on shows that the gateway has cut it.
  const beat = setInterval(() => client.say('still here'), 20);
  await client.closed;
  clearInterval(beat);
});

it('36: a WebSocket on which nothing passes for long is closed with 1001 on both sides', async () => {
  const quick = await startRig(billing(at.legacy.url, await unusedAddress()), { timeouts: { upgradeIdleMs: 60 } });
  const [client, served] = await open(quick.data);
  const [toClient, toUpstream] = await Promise.all([client.end(), served.end()]);
  expect(closeCodeIn(toClient)).toBe(1001);
  expect(closeCodeIn(toUpstream)).toBe(1001);
  expect(quick.gateway.parts.counters.snapshot().upgrades_idle).toBe(1);
  client.socket.destroy();
  served.socket.destroy();
  await quick.close();
});

it('36: an idle WebSocket in the midst of a frame ends without a frame of ours in it', async () => {
  const quick = await startRig(billing(at.legacy.url, await unusedAddress()), { timeouts: { upgradeIdleMs: 60 } });
  // In the packet of the 101, so that the WebSocket is never idle before it.
  const half = frame(1, 'half a message').subarray(0, 6);
  at.legacy.on((peer) => peer.say(Buffer.concat([Buffer.from(switching()), half])));
  const client = await dial(quick.data, handshake('/billing/feed'));
  expect(await client.end()).toSatisfy((heard: string) => heard.endsWith('\r\n\r\n\x81\x0ehalf'));
  client.socket.destroy();
  await quick.close();
});
