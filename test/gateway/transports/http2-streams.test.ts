import { once } from 'node:events';
import { type ClientHttp2Session, constants } from 'node:http2';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { dataTls } from '../../support/data-port-tls.ts';
import { billing, type GatewayRig, type RigOptions, startRig } from '../../support/gateway-rig.ts';
import { FLAG, FRAME, frameConnect, getHead, http2Answer, http2Ask, http2Connect } from '../../support/http2-client.ts';
import { answering, ok, type RawUpstream, startRawUpstream } from '../../support/raw-socket.ts';
import { settled } from '../../support/settled.ts';

let upstream: RawUpstream;
let rig: GatewayRig;
const clients: ClientHttp2Session[] = [];

beforeEach(async () => {
  upstream = await startRawUpstream(answering(ok()));
});
afterEach(async () => {
  for (const client of clients.splice(0)) client.destroy();
  await rig.close();
  await upstream.close();
});

async function start(options: RigOptions = {}): Promise<ClientHttp2Session> {
  rig = await startRig(billing(upstream.url, 'http://127.0.0.1:1'), { tls: dataTls(), ...options });
  return another();
}

async function another(): Promise<ClientHttp2Session> {
  const client = await http2Connect(rig.data);
  clients.push(client);
  return client;
}

const GET = { ':path': '/billing/x' };
const POST = { ':method': 'POST', ':path': '/billing/x' };
const POST_HEAD = [':method', 'POST', ':scheme', 'https', ':authority', 'localhost', ':path', '/billing/x'];
const counted = () => rig.gateway.parts.counters.snapshot();

describe('a client that leaves', () => {
  it('before its answer: the upstream is left at once, and the other streams never hear of it', async () => {
    upstream.onConnection(() => undefined);
    const client = await start();
    const left = client.request(GET);
    left.on('error', () => undefined);
    const connection = await upstream.connection(0);
    await connection.until('\r\n\r\n');
    upstream.onConnection(answering(ok()));
    left.close(constants.NGHTTP2_CANCEL);
    await connection.closed;
    expect(await http2Ask(client, GET)).toMatchObject({ status: 200, code: 0 });
    expect(counted().client_aborts).toBe(1);
  });

  it('or reads slowly: thousands of chunks in one packet wait without a listener each', async () => {
    const warnings: Error[] = [];
    const note = (warning: Error) => void warnings.push(warning);
    process.on('warning', note);
    upstream.onConnection(async (connection) => {
      await connection.until('\r\n\r\n');
      connection.send(`HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${'1\r\nx\r\n'.repeat(200_000)}0\r\n\r\n`);
    });
    const client = await start();
    const stream = client.request(GET).pause();
    const chunks: Buffer[] = [];
    stream.on('data', (chunk: Buffer) => chunks.push(chunk)).pause();
    await settled(() => upstream.connections[0]?.socket.writableLength ?? 0);
    stream.resume();
    await once(stream, 'end');
    process.off('warning', note);
    expect([Buffer.concat(chunks).byteLength, warnings]).toEqual([200_000, []]);
  });

  it('within its answer: the upstream is left', async () => {
    upstream.onConnection(async (connection) => {
      await connection.until('\r\n\r\n');
      connection.send('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf');
    });
    const client = await start();
    const stream = client.request(GET);
    stream.once('data', () => stream.close(constants.NGHTTP2_CANCEL));
    await (await upstream.connection(0)).closed;
  });

  it.each([
    ['CANCEL', constants.NGHTTP2_CANCEL],
    ['NO_ERROR', constants.NGHTTP2_NO_ERROR],
  ])('within its body, while the call waits for a connection, by %s: it leaves the queue', async (_, code) => {
    upstream.onConnection(() => undefined);
    const client = await start({ limits: { upstreamConnectionsMax: 1 } });
    const first = client.request(GET).on('error', () => undefined);
    await upstream.connection(0);
    const pending = () => rig.gateway.parts.types[0]?.primaryLegs.legacy.pending;
    const second = client.request(POST, { endStream: false }).on('error', () => undefined);
    second.write('half');
    await expect.poll(pending).toBe(2);
    second.close(code);
    await expect.poll(pending).toBe(1);
    first.close(constants.NGHTTP2_CANCEL);
    await expect.poll(() => counted().client_aborts).toBe(2);
  });

  it.each([
    ['CANCEL', constants.NGHTTP2_CANCEL, 'POST'],
    ['NO_ERROR', constants.NGHTTP2_NO_ERROR, 'POST'],
    // Node ends our half of such a stream at its beginning, and then says less of what becomes of it.
    ['NO_ERROR, of a HEAD', constants.NGHTTP2_NO_ERROR, 'HEAD'],
  ])('within its body, by %s: the upstream sees a break, and never an end', async (_, code, method) => {
    upstream.onConnection(() => undefined);
    await start();
    const frames = await frameConnect(rig.data);
    const head = [':method', method, ...POST_HEAD.slice(2)];
    frames.ask(1, head, { more: true }).send(FRAME.data, 0, 1, Buffer.from('half'));
    const connection = await upstream.connection(0);
    await connection.until('half');
    frames.reset(1, code);
    await connection.closed;
    expect(connection.received).toMatch(/4\r\nhalf(?:\r\n)?$/);
    frames.socket.destroy();
  });

  it('with its whole connection: every upstream is left', async () => {
    upstream.onConnection(() => undefined);
    const client = await start();
    for (const _ of [1, 2, 3]) client.request(GET).on('error', () => undefined);
    const connections = await Promise.all([0, 1, 2].map((n) => upstream.connection(n)));
    await Promise.all(connections.map((connection) => connection.until('\r\n\r\n')));
    client.destroy();
    await Promise.all(connections.map(({ closed }) => closed));
  });
});

describe('flow control', () => {
  const PIECE = 'x'.repeat(64 * 1024);

  it('holds an upstream back whose client reads nothing, and only for that stream', async () => {
    let sent = 0;
    upstream.onConnection(async (connection) => {
      if ((await connection.until('\r\n\r\n')).includes('/billing/slow')) {
        connection.send('HTTP/1.1 200 OK\r\nContent-Length: 300000000\r\n\r\n');
        const more = () => {
          sent += PIECE.length;
          connection.socket.write(PIECE, (error) => (error || sent >= 300_000_000 ? undefined : more()));
        };
        more();
      } else connection.send(ok());
    });
    const client = await start();
    const slow = client.request({ ':path': '/billing/slow' });
    slow.on('error', () => undefined);
    slow.pause();
    await new Promise((resolve) => slow.once('response', resolve));
    const before = await settled(() => sent);
    expect(before).toBeLessThan(16 * 1024 * 1024);
    expect(await http2Ask(client, GET)).toMatchObject({ status: 200 });
  });

  it('holds a client back whose upstream reads nothing', async () => {
    upstream.onConnection((connection) => connection.socket.pause());
    const client = await start();
    const stream = client.request(POST);
    stream.on('error', () => undefined);
    let taken = 0;
    const more = () =>
      stream.write(PIECE, (error) => {
        if (error) return;
        taken += PIECE.length;
        if (taken < 300_000_000) more();
      });
    more();
    await upstream.connection(0);
    expect(await settled(() => taken)).toBeLessThan(16 * 1024 * 1024);
    stream.destroy();
  });

  it('lets a body through in both directions at once', async () => {
    upstream.onConnection(async (connection) => {
      await connection.until('one');
      connection.send('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n');
      await connection.until('two');
      connection.send('5\r\nthree\r\n');
      await connection.until('0\r\n\r\n');
      connection.send('0\r\n\r\n');
    });
    const client = await start();
    const stream = client.request(POST);
    const answer = http2Answer(stream);
    stream.write('one');
    stream.once('response', () => stream.write('two'));
    stream.once('data', () => stream.end());
    expect(await answer).toMatchObject({ body: 'three', code: 0 });
  });
});

describe('an answer that comes before its request is whole', () => {
  it('reaches the client whole, and the client is told to send no more', async () => {
    upstream.onConnection(async (connection) => {
      await connection.until('half');
      connection.send('HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno');
    });
    await start();
    const frames = await frameConnect(rig.data);
    frames.ask(1, POST_HEAD, { more: true }).send(FRAME.data, 0, 1, Buffer.from('half'));
    expect(await frames.resetOf(1)).toBe(constants.NGHTTP2_NO_ERROR);
    const [head, ...rest] = frames.frames.filter(({ stream }) => stream === 1);
    expect(head?.type).toBe(FRAME.headers);
    const data = rest.filter(({ type }) => type === FRAME.data);
    expect(Buffer.concat(data.map(({ payload }) => payload)).toString()).toBe('no');
    expect((data.at(-1)?.flags ?? 0) & FLAG.endStream).toBe(FLAG.endStream);
    frames.socket.destroy();
  });

  it('is 413 for a body longer than requestBodyBytesMax', async () => {
    const client = await start({ limits: { requestBodyBytesMax: 1024 } });
    const stream = client.request(POST);
    stream.write('x'.repeat(2000));
    expect(await http2Answer(stream)).toMatchObject({ status: 413 });
    expect(await http2Ask(client, { ...POST, 'content-length': 2000 }, 'x'.repeat(2000))).toMatchObject({
      status: 413,
    });
    expect(counted().bodies_too_large).toBe(2);
    for (const { received } of upstream.connections) expect(received).not.toContain('0\r\n\r\n');
  });

  it('is 408 for a request that is not whole within requestMs', async () => {
    upstream.onConnection(() => undefined);
    const client = await start({ timeouts: { requestMs: 50 } });
    expect(await http2Answer(client.request(POST))).toMatchObject({ status: 408 });
    expect(counted().request_timeouts).toBe(1);
  });
});

describe('limits of a connection', () => {
  it('a stream beyond streamsMax is refused, and may be asked again', async () => {
    upstream.onConnection(() => undefined);
    await start({ limits: { streamsMax: 2 } });
    const frames = await frameConnect(rig.data);
    for (const stream of [1, 3, 5]) frames.ask(stream, getHead('/billing/x'));
    expect(await frames.resetOf(5)).toBe(constants.NGHTTP2_REFUSED_STREAM);
    frames.socket.destroy();
  });

  it('streams that are opened and reset without end (CVE-2023-44487) end their connection', async () => {
    upstream.onConnection(() => undefined);
    await start({ limits: { streamsMax: 10 } });
    const frames = await frameConnect(rig.data);
    for (let stream = 1; stream < 200; stream += 2) {
      frames.ask(stream, getHead('/billing/x')).reset(stream, constants.NGHTTP2_CANCEL);
    }
    expect(await frames.goaway()).toBe(constants.NGHTTP2_ENHANCE_YOUR_CALM);
    await frames.closed;
    expect(counted().stream_resets_over_limit).toBe(1);
  });

  it('as many as a page has, reset at once, do not', async () => {
    upstream.onConnection(() => undefined);
    const client = await start({ limits: { streamsMax: 10 } });
    const streams = Array.from({ length: 10 }, () => client.request(GET).on('error', () => undefined));
    await Promise.all(streams.map((_, n) => upstream.connection(n)));
    upstream.onConnection(answering(ok()));
    await Promise.all(
      streams.map((stream) => {
        stream.close(constants.NGHTTP2_CANCEL);
        return new Promise((resolve) => stream.once('close', resolve));
      }),
    );
    expect(await http2Ask(client, GET)).toMatchObject({ status: 200 });
  });

  it('a connection on which nothing is asked within requestHeadMs ends', async () => {
    // The handshake of TLS has no more.
    await start({ timeouts: { requestHeadMs: 1000 } });
    const frames = await frameConnect(rig.data);
    expect(await frames.goaway()).toBe(constants.NGHTTP2_NO_ERROR);
    await frames.closed;
  });
});

describe('a gateway that stops', () => {
  it('says which stream is the last, answers it, and ends the connection; others are still taken at first', async () => {
    let finish = () => {};
    upstream.onConnection(async (connection) => {
      await connection.until('\r\n\r\n');
      connection.send('HTTP/1.1 200 OK\r\nContent-Length: 12\r\nConnection: close\r\n\r\nbegun,');
      finish = () => connection.send(' ended');
    });
    await start({ timeouts: { drainMs: 86_400_000, drainNoticeMs: 0 } });
    const frames = await frameConnect(rig.data);
    frames.ask(1, getHead('/billing/x'));
    await frames.until(({ type, stream }) => type === FRAME.data && stream === 1);

    await rig.gateway.giveNotice();
    const { payload } = await frames.until(({ type }) => type === FRAME.goaway);
    expect([payload.readUInt32BE(0), payload.readUInt32BE(4)]).toEqual([1, constants.NGHTTP2_NO_ERROR]);
    upstream.onConnection(answering(ok()));
    frames.ask(3, getHead('/billing/crossed'));
    const other = await another();
    expect(await http2Ask(other, GET)).toMatchObject({ status: 200 });

    const closed = rig.gateway.close();
    finish();
    await closed;
    await frames.closed;
    const data = frames.frames.filter(({ type, stream }) => type === FRAME.data && stream === 1);
    expect(Buffer.concat(data.map(({ payload }) => payload)).toString()).toBe('begun, ended');
    expect(frames.frames.filter(({ stream }) => stream === 3)).toEqual([]);
    for (const { received } of upstream.connections) expect(received).not.toContain('crossed');
  });

  it('cuts what has not ended within drainMs, so that the client sees it', async () => {
    upstream.onConnection(async (connection) => {
      await connection.until('\r\n\r\n');
      connection.send('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n');
    });
    const client = await start({ timeouts: { drainMs: 50, drainNoticeMs: 0 } });
    const stream = client.request(GET);
    const answer = http2Answer(stream);
    await new Promise((resolve) => stream.once('data', resolve));
    await rig.gateway.close();
    const { code } = await answer;
    expect(code).not.toBe(constants.NGHTTP2_NO_ERROR);
  });
});

it('1,000 streams whose clients left leave nothing behind', async () => {
  upstream.onConnection(async (connection) => {
    if ((await connection.until('\r\n\r\n')).includes('/half'))
      connection.send('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf');
  });
  await start();
  const LEAVERS = [
    { ask: { ':path': '/billing/none' }, at: 'sent' },
    { ask: { ':path': '/billing/half' }, at: 'data' },
    { ask: POST, at: 'sent' },
  ] as const;
  for (let connection = 0; connection < 10; connection += 1) {
    const client = await another();
    const streams = Array.from({ length: 100 }, (_, n) => {
      const { ask, at } = LEAVERS[n % LEAVERS.length] ?? LEAVERS[0];
      const stream = client.request(ask, { endStream: ask !== POST });
      stream.on('error', () => undefined);
      if (ask === POST) stream.write('half');
      return new Promise<void>((resolve) => {
        stream.on('close', () => resolve());
        if (at === 'data') stream.once('data', () => stream.close(constants.NGHTTP2_CANCEL));
        else upstream.connection(connection * 100 + n).then(() => stream.close(constants.NGHTTP2_CANCEL));
      });
    });
    await Promise.all(streams);
    client.destroy();
  }
  const open = () => upstream.connections.filter(({ socket }) => !socket.destroyed).length;
  await expect.poll(open, { timeout: 10_000 }).toBe(0);
  const [type] = rig.gateway.parts.types;
  await expect.poll(() => type?.primaryLegs.legacy.pending).toBe(0);
  expect(counted().client_aborts).toBeGreaterThanOrEqual(900);
  await expect
    .poll(() => process.getActiveResourcesInfo().filter((name) => /^(?:TLSWrap|TCPSocketWrap)$/.test(name)).length)
    .toBeLessThanOrEqual(4);
});
