import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { connect as tlsConnect } from 'node:tls';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Counters } from '../../../src/gateway/counters.ts';
import { Tunnels } from '../../../src/gateway/websocket/tunnels.ts';
import { AUTHORITY, dataTls } from '../../support/data-port-tls.ts';
import { billing, startRig } from '../../support/gateway-rig.ts';
import { settled } from '../../support/settled.ts';
import { unusedAddress } from '../../support/upstream.ts';
import { dial, handshake, Peer, switching } from './peers.ts';
import { useWebSocketRig } from './websocket-rig.ts';

/** More than all the buffers between two ends take. */
const MORE_THAN_FITS = Buffer.alloc(32 << 20);

const at = useWebSocketRig(undefined, { timeouts: { answerMs: 600_000 } });

const server = createServer({ allowHalfOpen: true });
beforeAll(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterAll(() => server.close());

/** The gateway's end of a connection, and the other. */
async function connection(): Promise<readonly [ours: Socket, theirs: Socket]> {
  const theirs = connect({ port: (server.address() as AddressInfo).port, host: '127.0.0.1', allowHalfOpen: true });
  const [ours] = (await once(server, 'connection')) as [Socket];
  for (const socket of [ours, theirs]) socket.on('error', () => undefined);
  return [ours, theirs];
}

it('35: a client that resets while more of its bytes wait than are read frees the upstream', async () => {
  const { promise: asked, resolve } = Promise.withResolvers<Peer>();
  at.legacy.on(resolve);
  const client = await dial(at.rig.data, handshake('/billing/feed'));
  const upstream = await asked;
  client.socket.write(MORE_THAN_FITS);
  await settled(() => client.socket.bytesWritten - client.socket.writableLength);
  client.socket.resetAndDestroy();
  await upstream.rest();
  await expect.poll(() => at.rig.gateway.parts.tunnels.size).toBe(0);
});

it('36: a client that resets while its upstream does not read is noticed', async () => {
  at.legacy.on((peer) => {
    peer.socket.pause();
    peer.say(switching());
  });
  const client = await dial(at.rig.data, handshake('/billing/feed'));
  await client.until('\r\n\r\n');
  client.socket.write(MORE_THAN_FITS);
  await settled(() => client.socket.bytesWritten - client.socket.writableLength);
  client.socket.resetAndDestroy();
  await expect.poll(() => at.rig.gateway.parts.tunnels.size).toBe(0);
});

it('36: a client by TLS that resets while its upstream does not read is noticed', async () => {
  const rig = await startRig(billing(at.legacy.url, await unusedAddress()), { tls: dataTls() });
  at.legacy.on((peer) => {
    peer.socket.pause();
    peer.say(switching());
  });
  const { hostname, port } = new URL(rig.data);
  const wire = connect(Number(port), hostname);
  const client = new Peer(tlsConnect({ socket: wire, ca: AUTHORITY, servername: 'localhost' }));
  client.say(handshake('/billing/feed'));
  await client.until('\r\n\r\n');
  client.socket.write(MORE_THAN_FITS);
  await settled(() => wire.bytesWritten - wire.writableLength);
  wire.resetAndDestroy();
  await expect.poll(() => rig.gateway.parts.tunnels.size).toBe(0);
  for (const { socket } of at.legacy.peers) socket.destroy();
  await rig.close();
});

it.each(['client', 'upstream'] as const)(
  '36: a reset of the %s is noticed while the other end does not read',
  async (who) => {
    const tunnels = new Tunnels(new Counters());
    tunnels.limit({ max: 1, idleMs: 600_000 });
    const client = await connection();
    const upstream = await connection();
    expect(tunnels.admit(client[0])).toBe(true);
    tunnels.open(client[0], upstream[0]);
    const [[watched, leaves], stays] = who === 'client' ? [client, upstream[1]] : [upstream, client[1]];
    stays.pause();
    leaves.write(MORE_THAN_FITS);
    await settled(() => leaves.bytesWritten - leaves.writableLength);
    expect(watched.isPaused()).toBe(true);
    leaves.resetAndDestroy();
    await expect.poll(() => watched.closed).toBe(true);
    stays.destroy();
    await expect.poll(() => tunnels.size).toBe(0);
  },
);

it('36: a WebSocket whose reader takes nothing is idle, though its ends are looked at', async () => {
  const counters = new Counters();
  const tunnels = new Tunnels(counters);
  tunnels.limit({ max: 1, idleMs: 1500 });
  const client = await connection();
  const upstream = await connection();
  tunnels.admit(client[0]);
  tunnels.open(client[0], upstream[0]);
  upstream[1].pause();
  client[1].write(MORE_THAN_FITS);
  client[1].resume();
  await once(client[1], 'end');
  expect(counters.snapshot().upgrades_idle).toBe(1);
  for (const socket of [client[1], upstream[1]]) socket.destroy();
});
