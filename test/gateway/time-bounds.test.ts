import { beforeAll, describe, expect, it } from 'vitest';
import type { Timeouts } from '../../src/contract/limits.ts';
import { billing, type GatewayRig, startRig } from '../support/gateway-rig.ts';
import { useRawRig } from '../support/raw-rig.ts';
import { type RawSocket, rawConnect } from '../support/raw-socket.ts';
import { unusedAddress } from '../support/upstream.ts';
import { closeCodeIn, handshake, switching } from './websocket/peers.ts';

const at = useRawRig();

/** No timeout of the gateway passes while a test runs: whatever ends was ended by something else. */
const LONG_MS = 600_000;
const PATIENT: Partial<Timeouts> = {
  connectMs: LONG_MS,
  answerMs: LONG_MS,
  idleMs: LONG_MS,
  upgradeIdleMs: LONG_MS,
  requestHeadMs: LONG_MS,
  requestMs: LONG_MS,
};

const GET = 'GET /billing/x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n';
const UPLOAD = 'POST /billing/x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n';
const HALF = 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf';
const LEAVES = ['reset', 'destroy'] as const;

let patient: GatewayRig;
beforeAll(async () => {
  patient = await at.startWith({ timeouts: PATIENT });
});

/** Sends a request and resolves once the upstream has the start of it. */
async function underWay(bytes: string, rig = patient): Promise<{ client: RawSocket; connection: RawSocket }> {
  at.upstream.onConnection(() => undefined);
  const before = at.upstream.connections.length;
  const client = (await rawConnect(rig.data)).send(bytes);
  const connection = await at.upstream.connection(before);
  await connection.until('\r\n\r\n');
  return { client, connection };
}

async function openWebSocket(rig = patient): Promise<{ client: RawSocket; connection: RawSocket }> {
  const both = await underWay(handshake('/billing/feed'), rig);
  both.connection.send(switching());
  await both.client.until('\r\n\r\n');
  return both;
}

describe('though no timeout passes', () => {
  it.each(LEAVES)('26: a client that leaves by %s in a download has its upstream closed', async (how) => {
    const { client, connection } = await underWay(GET);
    connection.send(HALF);
    await client.until('half');
    client[how]();
    await connection.closed;
  });

  it.each(LEAVES)('27: one that leaves by %s before its answer has its upstream closed', async (how) => {
    const { client, connection } = await underWay(GET);
    client[how]();
    await connection.closed;
  });

  it.each(LEAVES)('28: one that leaves by %s in an upload has its upstream closed', async (how) => {
    const { client, connection } = await underWay(UPLOAD);
    client[how]();
    await connection.closed;
  });

  it.each(LEAVES)('35: one that leaves by %s before its 101 has its upstream closed', async (how) => {
    const { client, connection } = await underWay(handshake('/billing/feed'));
    client[how]();
    await connection.closed;
  });

  it.each(LEAVES)('36: either end of a WebSocket that leaves by %s has the other closed', async (how) => {
    const one = await openWebSocket();
    one.client[how]();
    await one.connection.closed;
    const other = await openWebSocket();
    other.connection[how]();
    await other.client.closed;
  });

  it('39: an upstream that refuses is a 502', async () => {
    const alone = await at.startWith({ legacy: await unusedAddress(), timeouts: PATIENT });
    const client = (await rawConnect(alone.data)).send(GET);
    expect(await client.all()).toMatch(/^HTTP\/1\.1 502 /);
  });
});

/** The one timeout under test; all others are long. */
const LIMIT_MS = 1000;
/** Nothing but a timeout that is not the one under test takes as long, however loaded the machine. */
const LATE_MS = 20_000;

/** @param began before the clock that is measured can have begun */
function expectInTime(beganMs: number): void {
  const tookMs = performance.now() - beganMs;
  expect(tookMs).toBeGreaterThan(LIMIT_MS - 2); // timers are of whole milliseconds
  expect(tookMs).toBeLessThan(LATE_MS);
}

async function isToldInTime(bytes: string, status: number, over: Partial<Timeouts>): Promise<void> {
  const rig = await at.startWith({ timeouts: { ...PATIENT, ...over } });
  at.upstream.onConnection(() => undefined);
  const beganMs = performance.now();
  const client = (await rawConnect(rig.data)).send(bytes);
  await client.until(`HTTP/1.1 ${status} `);
  expectInTime(beganMs);
  client.destroy();
}

describe('25: not before its timeout, and not long after it', () => {
  it.each([
    ['head', GET.slice(0, 30), { requestHeadMs: LIMIT_MS }],
    ['body', UPLOAD, { requestMs: LIMIT_MS }],
  ])('a %s that does not end is a 408', (_what, bytes, over) => isToldInTime(bytes, 408, over));
});

describe('40: not before its timeout, and not long after it', () => {
  it.each([
    ['call', GET],
    ['upload', `${UPLOAD}0\r\n\r\n`],
    ['handshake', handshake('/billing/feed')],
  ])('a %s without an answer is a 504', (_what, bytes) => isToldInTime(bytes, 504, { answerMs: LIMIT_MS }));

  it('an answer that stalls is cut', async () => {
    const rig = await at.startWith({ timeouts: { ...PATIENT, idleMs: LIMIT_MS } });
    const { client, connection } = await underWay(GET, rig);
    const beganMs = performance.now();
    connection.send(HALF);
    expect(await client.all()).toMatch(/half$/);
    expectInTime(beganMs);
  });
});

describe('not before its timeout, and not long after it', () => {
  it('39: an upstream that takes no connection is a 504', async () => {
    // One that listens, and says nothing in TLS.
    const legacy = at.upstream.url.replace('http:', 'https:');
    const rig = await at.startWith({ legacy, timeouts: { ...PATIENT, connectMs: LIMIT_MS } });
    at.upstream.onConnection(() => undefined);
    const beganMs = performance.now();
    const client = (await rawConnect(rig.data)).send(GET);
    expect(await client.all()).toMatch(/^HTTP\/1\.1 504 /);
    expectInTime(beganMs);
  });

  it('36: a WebSocket on which nothing passes hears 1001', async () => {
    const rig = await at.startWith({ timeouts: { ...PATIENT, upgradeIdleMs: LIMIT_MS } });
    const { client, connection } = await underWay(handshake('/billing/feed'), rig);
    const beganMs = performance.now();
    connection.send(switching());
    expect(closeCodeIn(await client.all())).toBe(1001);
    expectInTime(beganMs);
  });

  it('38: a WebSocket of a gateway that stops hears 1001', async () => {
    const rig = await startRig(billing(at.upstream.url, await unusedAddress()), {
      timeouts: { ...PATIENT, drainMs: LIMIT_MS },
    });
    const opened = [await openWebSocket(rig), await openWebSocket(rig), await openWebSocket(rig)];
    const beganMs = performance.now();
    const closing = rig.close();
    const heard = await Promise.race(opened.map(({ client }) => client.all()));
    expectInTime(beganMs);
    expect(closeCodeIn(heard)).toBe(1001);
    await closing;
  });
});
