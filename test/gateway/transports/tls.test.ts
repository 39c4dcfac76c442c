import { request as httpsRequest } from 'node:https';
import { type AddressInfo, connect as connectTcp, createServer } from 'node:net';
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { acceptOf } from '../../../src/gateway/websocket/handshake.ts';
import { AUTHORITY, CALLER, dataTls } from '../../support/data-port-tls.ts';
import { billing, type GatewayRig, type RigOptions, startRig } from '../../support/gateway-rig.ts';
import { http2Ask, http2Connect } from '../../support/http2-client.ts';
import {
  answering,
  ok,
  RawSocket,
  type RawUpstream,
  rawConnect,
  rawSend,
  startRawUpstream,
} from '../../support/raw-socket.ts';

let upstream: RawUpstream;
let rig: GatewayRig;

beforeEach(async () => {
  upstream = await startRawUpstream(answering(ok()));
});
afterEach(async () => {
  await rig.close();
  await upstream.close();
});

const start = async (options: RigOptions = {}) => {
  rig = await startRig(billing(upstream.url, 'http://127.0.0.1:1'), { tls: dataTls(), ...options });
};
const counted = () => rig.gateway.parts.counters.snapshot();

/** A connection of TLS, or why there is none. */
async function secure(options: ConnectionOptions = {}): Promise<TLSSocket> {
  const socket = connect({ host: '127.0.0.1', port: Number(new URL(rig.data).port), ca: AUTHORITY, ...options });
  await new Promise<void>((resolve, reject) => {
    socket.once('secureConnect', resolve);
    socket.once('error', reject);
  });
  return socket;
}

const raw = async (options?: ConnectionOptions) => new RawSocket(await secure(options));
const GET = 'GET /billing/x HTTP/1.1\r\nHost: localhost\r\n';

/** Types of records (RFC 5246 §6.2.1). An end in order is the alert close_notify. */
const ALERT = 21;
const APPLICATION_DATA = 23;

function lastRecordType(bytes: Buffer): number | undefined {
  let type: number | undefined;
  for (let at = 0; at + 5 <= bytes.byteLength; at += 5 + bytes.readUInt16BE(at + 3)) type = bytes[at];
  return type;
}

/** Stands between a client and the data port, and keeps what the data port sends. */
async function startRelay() {
  const chunks: Buffer[] = [];
  const server = createServer((client) => {
    const gateway = connectTcp(Number(new URL(rig.data).port), '127.0.0.1');
    gateway.on('data', (chunk) => chunks.push(chunk));
    for (const [socket, other] of [
      [client, gateway],
      [gateway, client],
    ] as const)
      socket.on('error', () => undefined).on('close', () => other.destroySoon());
    client.pipe(gateway).pipe(client);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    received: () => Buffer.concat(chunks),
    close: () => new Promise((resolve) => server.close(resolve)),
  };
}

describe('HTTP/1.1 over TLS', () => {
  it('is answered as without, and the upstream hears that it was https', async () => {
    await start();
    expect(rig.data).toMatch(/^https:\/\/127\.0\.0\.1:\d+$/);
    const client = (await raw({ ALPNProtocols: ['http/1.1'] })).send(`${GET}\r\n`);
    expect(await client.until('\r\n\r\nok')).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    client.send(`${GET}Connection: close\r\n\r\n`);
    expect((await client.all()).match(/200 OK/g)).toHaveLength(2);
    expect(upstream.connections[0]?.received).toContain('x-forwarded-proto: https\r\n');
  });

  it('is what a client gets that offers no protocol at all', async () => {
    await start();
    expect(await (await raw()).send(`${GET}Connection: close\r\n\r\n`).all()).toContain('200 OK');
  });

  it('refuses what is malformed as without', async () => {
    await start();
    const answer = await (await raw()).send(`${GET}Host: other\r\n\r\n`).all();
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(await (await raw()).send('\x00\x01\r\n\r\n').all()).toContain('MALFORMED_REQUEST');
  });

  it.each([
    ['a length', 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf', GET],
    ['chunks', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n', GET],
  ])('shows that an answer with %s broke off', async (_, answer, ask) => {
    upstream.onConnection(async (connection) => {
      await connection.until('\r\n\r\n');
      connection.send(answer).end();
    });
    await start();
    const received = await (await raw()).send(`${ask}\r\n`).all();
    expect(received).toContain('half');
    expect(received).not.toContain('0\r\n\r\n');
  });

  it('ends in order, but not where an answer broke off that nothing but the end of the connection ends', async () => {
    const chunked = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n';
    await start();
    for (const [rest, endsInOrder] of [
      ['0\r\n\r\n', true],
      ['', false],
    ] as const) {
      upstream.onConnection(async (connection) => {
        await connection.until('\r\n\r\n');
        connection.send(`${chunked}${rest}`).end();
      });
      const relay = await startRelay();
      const client = await raw({ port: relay.port, maxVersion: 'TLSv1.2' });
      client.send('GET /billing/x HTTP/1.0\r\nHost: localhost\r\n\r\n');
      expect(await client.all()).toMatch(/\r\n\r\nhalf$/);
      expect(lastRecordType(relay.received())).toBe(endsInOrder ? ALERT : APPLICATION_DATA);
      await relay.close();
    }
  });

  it('carries WebSockets', async () => {
    const key = 'dGhlIHNhbXBsZSBub25jZQ==';
    upstream.onConnection(async (connection) => {
      await connection.until('\r\n\r\n');
      const head = 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n';
      connection.send(`${head}Sec-WebSocket-Accept: ${acceptOf(key)}\r\n\r\nhello`);
      await connection.until('ping');
      connection.send('pong');
    });
    await start();
    const asks = `Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\n\r\n`;
    const client = (await raw()).send(`${GET}${asks}`);
    await client.until('hello');
    client.send('ping');
    expect(await client.until('pong')).toMatch(/^HTTP\/1\.1 101 /);
    expect(upstream.connections[0]?.received).toContain('x-forwarded-proto: https\r\n');
    client.end();
    await client.closed;
  });

  it('is all there is when streamsMax is 0', async () => {
    await start({ limits: { streamsMax: 0 } });
    const socket = await secure({ ALPNProtocols: ['h2', 'http/1.1'] });
    expect(socket.alpnProtocol).toBe('http/1.1');
    socket.destroy();
  });
});

describe('a handshake that comes to nothing', () => {
  it('by plain HTTP is answered in plain HTTP, and counted', async () => {
    await start();
    const answer = await rawSend(rig.data, `${GET}\r\n`);
    expect(answer).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
    expect(answer).toContain('PLAIN_HTTP');
    expect(counted().tls_handshakes_failed).toBe(1);
  });

  it.each<[string, ConnectionOptions]>([
    ['an old version', { maxVersion: 'TLSv1.2' }],
    ['a protocol that is not spoken', { ALPNProtocols: ['spdy/3'] }],
    ['no certificate of its own', {}],
  ])('by %s is counted, and the next one succeeds', async (what, options) => {
    const asks = what.startsWith('no certificate');
    await start({ tls: dataTls('server', { minVersion: 'TLSv1.3', asksForCertificate: asks }) });
    const gone = secure(options).then((socket) => new Promise((_, reject) => socket.on('error', reject).resume()));
    await expect(gone).rejects.toThrow();
    await expect.poll(() => counted().tls_handshakes_failed).toBe(1);
    const client = await raw(CALLER);
    expect(await client.send(`${GET}Connection: close\r\n\r\n`).all()).toContain('200 OK');
  });

  it('by silence ends after requestHeadMs', async () => {
    await start({ timeouts: { requestHeadMs: 50 } });
    const client = await rawConnect(rig.data);
    await client.closed;
    expect(counted().tls_handshakes_failed).toBe(1);
  });

  it('does not hold up a stop, and neither does a connection on which nothing was asked', async () => {
    await start({ timeouts: { drainMs: 86_400_000, drainNoticeMs: 0 } });
    const begun = await rawConnect(rig.data);
    const open = await raw();
    const openHttp2 = await http2Connect(rig.data);
    await rig.gateway.close();
    await Promise.all([begun.closed, open.closed, new Promise((resolve) => openHttp2.once('close', resolve))]);
  });

  it('leaves nothing behind, a hundred times', async () => {
    await start();
    const { port } = new URL(rig.data);
    await Promise.all(
      Array.from({ length: 100 }, async (_, n) => {
        const socket = connectTcp(Number(port), '127.0.0.1');
        socket.on('error', () => undefined).resume();
        const closed = new Promise((resolve) => socket.once('close', resolve));
        if (n % 2 === 0) socket.write('\x16\x03\x01\x00\x05hello');
        else socket.once('connect', () => socket.resetAndDestroy());
        await closed;
      }),
    );
    expect(counted().tls_handshakes_failed).toBe(50);
    expect(await (await raw()).send(`${GET}Connection: close\r\n\r\n`).all()).toContain('200 OK');
  });
});

describe('other certificates', () => {
  const serial = (socket: TLSSocket) => socket.getPeerCertificate().serialNumber;

  it('are shown to new connections, and the old ones go on', async () => {
    await start();
    const before = await secure({ ALPNProtocols: ['http/1.1'] });
    const { types } = rig.gateway.parts;
    const config = { ...rig.gateway.parts, types: types.map(({ spec }) => spec), trustedProxies: [] };
    const change = await rig.gateway.reconfigure({ ...config, tls: dataTls('renewed') });
    expect(change.renewed).toEqual(['certificates']);
    const after = await secure();
    expect(serial(after)).not.toBe(serial(before));
    const old = new RawSocket(before).send(`${GET}Connection: close\r\n\r\n`);
    expect(await old.all()).toContain('200 OK');
    after.destroy();
    expect(await rig.gateway.reconfigure({ ...config, tls: dataTls('renewed') })).not.toHaveProperty('renewed');
  });
});

it('answers many clients of both protocols side by side', async () => {
  await start();
  const http2 = await http2Connect(rig.data);
  const statuses = await Promise.all(
    Array.from({ length: 40 }, async (_, n) => {
      if (n % 2 === 0) return (await http2Ask(http2, { ':path': '/billing/x' })).status;
      return new Promise((resolve, reject) => {
        const request = httpsRequest(`${rig.data}/billing/x`, { ca: AUTHORITY, agent: false }, (response) => {
          response.resume();
          resolve(response.statusCode);
        });
        request.on('error', reject).end();
      });
    }),
  );
  expect(new Set(statuses)).toEqual(new Set([200]));
  http2.destroy();
});
