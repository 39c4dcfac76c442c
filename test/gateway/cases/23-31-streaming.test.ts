import { once } from 'node:events';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { useRawRig } from '../../support/raw-rig.ts';
import { answering, ok, type RawSocket, rawConnect, rawSend } from '../../support/raw-socket.ts';
import { settled } from '../../support/settled.ts';

const MIB = 1 << 20;

const at = useRawRig();

const GET = 'GET /billing/x HTTP/1.1\r\nHost: a\r\n';
const UPLOAD = 'POST /billing/x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n';
const pending = (of = at.rig) => of.gateway.parts.types[0]?.primaryLegs.legacy.pending;
const aborts = (of = at.rig) => of.gateway.parts.counters.snapshot().client_aborts;

/** Sends a request and resolves once the upstream has the start of it. */
async function underWay(bytes: string, of = at.rig): Promise<{ client: RawSocket; connection: RawSocket }> {
  const before = at.upstream.connections.length;
  const client = (await rawConnect(of.data)).send(bytes);
  const connection = await at.upstream.connection(before);
  await connection.until('\r\n\r\n');
  return { client, connection };
}

describe.each(['off', 'shadow'] as const)('23: server-sent events at %s', (stage) => {
  beforeAll(() => at.rig.stage(stage));
  afterAll(() => at.rig.stage('off'));

  it('arrive one by one, the head before the first of them', async () => {
    at.upstream.onConnection(() => undefined);
    const { client, connection } = await underWay(`${GET}Accept: text/event-stream\r\nLast-Event-ID: 41\r\n\r\n`);
    expect(connection.received).toContain('Last-Event-ID: 41\r\n');
    connection.send('HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n');
    await client.until(/^HTTP\/1\.1 200 OK\r\n.*\r\n\r\n$/s);
    for (const event of ['id: 42\ndata: a\n\n', 'id: 43\ndata: b\n\n']) {
      connection.send(`${event.length.toString(16)}\r\n${event}\r\n`);
      await client.until(event);
    }
    connection.send('0\r\n\r\n');
    await client.until(/0\r\n\r\n$/);
    client.destroy();
  });
});

/** What may stand in the buffers of the kernel and of the gateway together. */
const BUFFERED_MAX = 8 * MIB;

it.each(['off', 'shadow'] as const)(
  '24: a client that reads nothing of 300 MB holds the upstream back at %s',
  async (stage) => {
    await at.rig.stage(stage);
    at.upstream.onConnection(() => undefined);
    const { client, connection } = await underWay(`${GET}\r\n`);
    client.socket.pause();
    const body = Buffer.alloc(300 * MIB);
    connection.socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${body.byteLength}\r\n\r\n`);
    for (let at = 0; at < body.byteLength; at += MIB) connection.socket.write(body.subarray(at, at + MIB));
    const { socket } = connection;
    expect(await settled(() => socket.bytesWritten - socket.writableLength)).toBeLessThan(BUFFERED_MAX);
    client.reset();
    await connection.closed;
    await at.rig.stage('off');
  },
);

describe('25: a client that takes too long', () => {
  it('to send a head is told 408', async () => {
    const quick = await at.startWith({ timeouts: { requestHeadMs: 200 } });
    const client = (await rawConnect(quick.data)).send('GET /billing/x HTTP/1.1\r\nHost');
    expect(await client.all()).toMatch(/^HTTP\/1\.1 408 .*"code":"REQUEST_TIMEOUT"/s);
    expect(quick.gateway.parts.counters.snapshot().request_timeouts).toBe(1);
  });

  it.each([
    ['head', 'GET /billing/x HTTP/1.1\r\nX: '],
    ['body', UPLOAD],
  ])('is not given more time for a %s that comes byte by byte, and its place is free then', async (_what, start) => {
    const quick = await at.startWith({
      timeouts: { requestHeadMs: 1000, requestMs: 1000 },
      limits: { clientConnectionsMax: 1 },
    });
    at.upstream.onConnection(() => undefined);
    const client = (await rawConnect(quick.data)).send(start);
    const drip = setInterval(() => client.send(start === UPLOAD ? '1\r\na\r\n' : 'a'), 20);
    expect(await client.all()).toMatch(/^HTTP\/1\.1 408 .*"code":"REQUEST_TIMEOUT"/s);
    clearInterval(drip);
    at.upstream.onConnection(answering(ok()));
    expect(await rawSend(quick.data, `${GET}Connection: close\r\n\r\n`)).toMatch(/^HTTP\/1\.1 200 /);
    expect(quick.gateway.parts.counters.snapshot()).toMatchObject({ request_timeouts: 1, connections_dropped: 0 });
  });

  it('to send a body is told 408, and its upstream is let go', async () => {
    const quick = await at.startWith({ timeouts: { requestMs: 1000 } });
    at.upstream.onConnection(() => undefined);
    const { client, connection } = await underWay(`${UPLOAD}1\r\na\r\n`, quick);
    expect(await client.all()).toMatch(/^HTTP\/1\.1 408 .*"code":"REQUEST_TIMEOUT"/s);
    await connection.closed;
    expect(connection.received).not.toContain('0\r\n\r\n');
    await expect.poll(() => pending(quick)).toBe(0);
  });

  it('to send a small body that is read first is told 408, and the upstream hears nothing', async () => {
    const quick = await at.startWith({ timeouts: { requestMs: 300 } });
    const before = at.upstream.connections.length;
    const answer = await rawSend(quick.data, 'POST /billing/x HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhe');
    expect(answer).toMatch(/^HTTP\/1\.1 408 /);
    expect(at.upstream.connections).toHaveLength(before);
  });

  it('to read its answer is cut off', async () => {
    const quick = await at.startWith({ timeouts: { idleMs: 300 } });
    at.upstream.onConnection(() => undefined);
    const { client, connection } = await underWay(`${GET}\r\n`, quick);
    client.socket.pause();
    connection.send('HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n');
    for (let n = 0; n < 64; n += 1) connection.socket.write(Buffer.alloc(MIB));
    await connection.closed;
    await expect.poll(() => pending(quick)).toBe(0);
    client.reset();
  });
});

it('26: a client that resets in the middle of a download has its upstream closed', async () => {
  at.upstream.onConnection(() => undefined);
  const before = aborts();
  const { client, connection } = await underWay(`${GET}\r\n`);
  connection.send('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf');
  await client.until('half');
  client.reset();
  await connection.closed;
  await expect.poll(() => [pending(), aborts() - before]).toEqual([0, 1]);
});

describe('27: a client that leaves before its answer', () => {
  it.each(['reset', 'destroy'] as const)('by %s has its upstream closed', async (how) => {
    at.upstream.onConnection(() => undefined);
    const { client, connection } = await underWay(`${GET}\r\n`);
    client[how]();
    await connection.closed;
    await expect.poll(() => pending()).toBe(0);
  });

  it('while its call waits for a connection leaves the queue', async () => {
    const narrow = await at.startWith({ limits: { upstreamConnectionsMax: 1 } });
    at.upstream.onConnection(() => undefined);
    const { client: first, connection } = await underWay(`${GET}\r\n`, narrow);
    const second = (await rawConnect(narrow.data)).send(`${GET}\r\n`);
    await expect.poll(() => pending(narrow)).toBe(2);
    second.reset();
    await expect.poll(() => pending(narrow)).toBe(1);
    connection.send(ok());
    await first.until(/ok$/);
    expect(connection.received.match(/GET /g)).toHaveLength(1);
    first.destroy();
  });

  it('while its body is still read whole is forgotten, and the upstream hears nothing', async () => {
    const before = [at.upstream.connections.length, aborts()] as const;
    const client = (await rawConnect(at.rig.data)).send(
      'POST /billing/x HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhe',
    );
    await fetch(`${at.rig.data}/nobodys`); // by then the gateway has read what came before
    client.reset();
    await expect.poll(() => aborts()).toBe(before[1] + 1);
    expect(at.upstream.connections).toHaveLength(before[0]);
  });
});

describe('28: a client that leaves in the middle of an upload', () => {
  it.each([
    ['reset', 'off'],
    ['destroy', 'off'],
    ['reset', 'shadow'],
    ['destroy', 'shadow'],
  ] as const)('by %s at %s: the upstream sees it break off, never a whole body', async (how, stage) => {
    await at.rig.stage(stage);
    at.upstream.onConnection(() => undefined);
    const { client, connection } = await underWay(`${UPLOAD}5\r\nhello\r\n`);
    await connection.until('hello');
    client[how]();
    await connection.closed;
    expect(connection.received).not.toContain('0\r\n\r\n');
    await expect.poll(() => pending()).toBe(0);
    await at.rig.stage('off');
  });

  it('with a length: the upstream sees fewer bytes than announced', async () => {
    at.upstream.onConnection(() => undefined);
    const { client, connection } = await underWay(
      `POST /billing/x HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n${'a'.repeat(20_000)}`,
    );
    await connection.until('a'.repeat(20_000));
    client.destroy();
    await connection.closed;
    expect(connection.received.length).toBeLessThan(100_000);
  });
});

it('29: a client that ends its half after the request has left: its call is cancelled', async () => {
  at.upstream.onConnection(() => undefined);
  const before = aborts();
  const { client, connection } = await underWay(`${GET}\r\n`);
  client.end();
  expect(await client.all()).toBe('');
  await connection.closed;
  await expect.poll(() => aborts()).toBe(before + 1);
});

describe('30: a body is nobody else’s business', () => {
  it.each([
    ['gzip', 'off', gzipSync],
    ['br', 'off', brotliCompressSync],
    ['gzip', 'shadow', gzipSync],
    ['br', 'shadow', brotliCompressSync],
  ] as const)('%s passes byte by byte at %s', async (coding, stage, compress) => {
    await at.rig.stage(stage);
    const body = compress('hello '.repeat(1000)).toString('latin1');
    const headers = `Content-Encoding: ${coding}\r\nETag: W/"1"\r\nVary: Accept-Encoding\r\n`;
    at.upstream.onConnection(answering(ok(body, headers)));
    const answer = await rawSend(at.rig.data, `${GET}Accept-Encoding: gzip, br\r\nConnection: close\r\n\r\n`);
    expect(answer).toContain(`${headers}content-length: ${body.length}\r\n`);
    expect(answer.endsWith(`\r\n\r\n${body}`)).toBe(true);
    expect(at.upstream.connections.at(-1)?.received).toContain('Accept-Encoding: gzip, br\r\n');
    await at.rig.stage('off');
  });

  it('a range passes both ways', async () => {
    const head =
      'HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 2-4/10\r\nAccept-Ranges: bytes\r\nContent-Length: 3\r\n';
    at.upstream.onConnection(answering(`${head}\r\ncde`));
    const answer = await rawSend(at.rig.data, `${GET}Range: bytes=2-4\r\nIf-Range: "1"\r\nConnection: close\r\n\r\n`);
    expect(answer).toMatch(new RegExp(`^${head}.*\r\n\r\ncde$`, 's'));
    expect(at.upstream.connections.at(-1)?.received).toMatch(/^Range: bytes=2-4\r\nIf-Range: "1"\r\n/m);
  });
});

describe('31: a large upload', () => {
  it('is taken no faster than the upstream takes it', async () => {
    at.upstream.onConnection((connection) => connection.socket.pause());
    const client = (await rawConnect(at.rig.data)).send(
      `POST /billing/x HTTP/1.1\r\nHost: a\r\nContent-Length: ${300 * MIB}\r\n\r\n`,
    );
    const chunk = Buffer.alloc(MIB);
    for (let n = 0; n < 300; n += 1) client.socket.write(chunk);
    const { socket } = client;
    expect(await settled(() => socket.bytesWritten - socket.writableLength)).toBeLessThan(BUFFERED_MAX);
    client.reset();
    // Whoever takes nothing is not asked whether the client is still there, so here it is the upstream that ends it.
    at.upstream.connections.at(-1)?.destroy();
    await expect.poll(() => pending()).toBe(0);
  });

  it('that says that it is longer than requestBodyBytesMax is refused before the upstream hears of it', async () => {
    const small = await at.startWith({ limits: { requestBodyBytesMax: 1024 } });
    const before = at.upstream.connections.length;
    const answer = await rawSend(small.data, 'POST /billing/x HTTP/1.1\r\nHost: a\r\nContent-Length: 1025\r\n\r\n');
    expect(answer).toMatch(/^HTTP\/1\.1 413 .*^Connection: close\r\n.*"code":"BODY_TOO_LARGE"/ims);
    expect(at.upstream.connections).toHaveLength(before);
  });

  it('that turns out to be longer ends in 413, and the upstream sees it break off', async () => {
    const small = await at.startWith({ limits: { requestBodyBytesMax: 1024 } });
    at.upstream.onConnection(() => undefined);
    const { client, connection } = await underWay(`${UPLOAD}400\r\n${'a'.repeat(1024)}\r\n`, small);
    await connection.until('a'.repeat(1024));
    client.send('1\r\nb\r\n');
    expect(await client.all()).toMatch(/^HTTP\/1\.1 413 .*^Connection: close\r\n.*"code":"BODY_TOO_LARGE"/ims);
    await connection.closed;
    expect(connection.received).not.toMatch(/\r\nb|0\r\n\r\n$/);
    expect(small.gateway.parts.counters.snapshot().bodies_too_large).toBe(1);
  });

  it('that goes on after its 413 does not cost the client its answer', async () => {
    const small = await at.startWith({ limits: { requestBodyBytesMax: 1024 } });
    at.upstream.onConnection(() => undefined);
    const client = (await rawConnect(small.data)).send(`${UPLOAD}300000\r\n${'a'.repeat(0x300000)}\r\n0\r\n\r\n`);
    expect(await client.all()).toMatch(/^HTTP\/1\.1 413 .*"code":"BODY_TOO_LARGE".*\}$/s);
    expect([client.wasReset, client.wasEnded]).toEqual([false, true]);
  });

  it('of 256 MB in chunks passes, and what is on the way does not grow with it', async () => {
    const TOTAL = 256 * MIB;
    let taken = 0;
    at.upstream.onConnection(({ socket }) => {
      socket.removeAllListeners('data');
      socket.on('data', (bytes: Buffer) => {
        taken += bytes.byteLength;
        if (taken >= TOTAL && bytes.subarray(-5).toString() === '0\r\n\r\n') socket.write(ok());
      });
    });
    const client = (await rawConnect(at.rig.data)).send(UPLOAD);
    const chunk = Buffer.concat([Buffer.from('400000\r\n'), Buffer.alloc(4 * MIB), Buffer.from('\r\n')]);
    let ahead = 0;
    for (let sent = 0; sent < TOTAL; sent += 4 * MIB) {
      if (!client.socket.write(chunk)) await once(client.socket, 'drain');
      ahead = Math.max(ahead, sent + 4 * MIB - taken);
    }
    client.send('0\r\n\r\n');
    expect(await client.until(/ok$/)).toMatch(/^HTTP\/1\.1 200 /);
    expect(ahead).toBeLessThan(2 * BUFFERED_MAX);
    client.destroy();
  });
});
