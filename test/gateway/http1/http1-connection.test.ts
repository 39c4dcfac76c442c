import { afterEach, describe, expect, it } from 'vitest';
import { DEFAULT_LIMITS, DEFAULT_TIMEOUTS, type Limits, type Timeouts } from '../../../src/contract/limits.ts';
import type { Arrival } from '../../../src/gateway/arrival.ts';
import { Counters } from '../../../src/gateway/counters.ts';
import { DataPort } from '../../../src/gateway/data-port.ts';
import type { SocketRequest } from '../../../src/gateway/http1/socket-request.ts';
import { type RawSocket, rawConnect } from '../../support/raw-socket.ts';
import { settled } from '../../support/settled.ts';

const NO_TUNNELS = { goAway: () => undefined, carries: () => false };
const FLOW = { pause: () => undefined, resume: () => undefined };

let port: DataPort | null = null;
const clients: RawSocket[] = [];
afterEach(async () => {
  for (const client of clients.splice(0)) client.destroy();
  await port?.close(0, NO_TUNNELS);
});

type Rig = { readonly connect: () => Promise<RawSocket>; readonly counters: Counters; readonly arrivals: Arrival[] };

/** A data port whose calls are served by the test. */
async function start(
  serve: (arrival: Arrival) => void,
  { limits, timeouts }: { limits?: Partial<Limits>; timeouts?: Partial<Timeouts> } = {},
): Promise<Rig> {
  const counters = new Counters();
  const arrivals: Arrival[] = [];
  port = new DataPort({
    tls: null,
    limits: { ...DEFAULT_LIMITS, ...limits },
    timeouts: { ...DEFAULT_TIMEOUTS, ...timeouts },
    counters,
    serve: (arrival) => {
      arrivals.push(arrival);
      serve(arrival);
    },
    upgrade: ({ socket, first }) => void socket.end(`upgraded with ${first}`),
  });
  const base = await port.listen({ host: '127.0.0.1', port: 0 });
  const connect = async () => {
    const client = await rawConnect(base);
    clients.push(client);
    return client;
  };
  return { connect, counters, arrivals };
}

/** Answers with the request's target. */
function echo({ request, client }: Arrival): void {
  client.whole(200, 'OK', ['content-length', String(request.url?.length)], Buffer.from(request.url ?? ''));
}

const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`;

/** All of a body, or why it was cut short. */
function bodyOf({ request }: Arrival): Promise<string> {
  return new Promise((resolve) => {
    let body = '';
    request.on('data', (chunk) => {
      body += chunk.toString('latin1');
    });
    request.on('end', () => resolve(body));
    request.on('error', (error) => resolve(`${body}: ${error.message}`));
  });
}

describe('pipelined requests', () => {
  it('of one packet are served one after the other, however many', async () => {
    const { connect } = await start(echo);
    const paths = Array.from({ length: 3000 }, (_, n) => `/${n}`);
    const client = (await connect()).send(paths.map(get).join(''));
    const answers = await client.until('/2999');
    expect([...answers.matchAll(/\r\n\r\n(\/\d+)/g)].map(([, path]) => path)).toEqual(paths);
  });

  it('wait for the answer before them, also in part', async () => {
    const { connect, arrivals } = await start(() => undefined);
    const client = (await connect()).send(get('/first') + get('/second').slice(0, 20));
    await expect.poll(() => arrivals.length).toBe(1);
    client.send(get('/second').slice(20));
    (arrivals[0] as Arrival).client.whole(200, '', ['content-length', '3'], Buffer.from('one'));
    await client.until('one');
    await expect.poll(() => arrivals.map(({ request }) => request.url)).toEqual(['/first', '/second']);
  });

  it('of a client that reads nothing are read no further than a bound', async () => {
    const megabyte = Buffer.alloc(1 << 20, 'a');
    const { connect, arrivals } = await start(({ client }) =>
      client.whole(200, '', ['content-length', String(megabyte.length)], megabyte),
    );
    const client = await connect();
    client.socket.pause();
    const many = get(`/${'a'.repeat(1000)}`).repeat(10_000);
    client.send(many);
    await expect.poll(() => arrivals.length).toBeGreaterThan(1);
    const served = await settledValue(() => arrivals.length);
    expect(served).toBeLessThan(20);
    // Neither are the requests that wait kept: they stay with the client.
    expect(client.socket.writableLength).toBeGreaterThan(many.length / 2);
    client.socket.resume();
    await expect.poll(() => arrivals.length, { timeout: 10_000 }).toBeGreaterThan(served + 20);
  });

  it('behind one that asks for a WebSocket are its first bytes', async () => {
    const { connect } = await start(echo);
    const upgrade = 'GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n';
    const client = (await connect()).send(`${get('/before')}${upgrade}bytes`);
    expect(await client.all()).toMatch(/\/beforeupgraded with bytes$/);
  });
});

/** A value once it has been the same for a while. */
async function settledValue(value: () => number): Promise<number> {
  let before = -1;
  await expect
    .poll(
      () => {
        const same = value() === before;
        before = value();
        return same;
      },
      { interval: 100 },
    )
    .toBe(true);
  return before;
}

describe('a body', () => {
  const POST = 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n';

  it('that came with its head is there at once', async () => {
    const taken: (string | undefined)[] = [];
    const { connect } = await start((arrival) => {
      taken.push(arrival.request.takeWhole()?.toString(), arrival.request.takeWhole()?.toString());
      echo(arrival);
    });
    await (await connect()).send(`${POST}hello`).until('\r\n\r\n/');
    expect(taken).toEqual(['hello', undefined]);
  });

  it('that comes before anybody listens waits, whole or in part', async () => {
    const { connect, arrivals } = await start(() => undefined);
    const client = (await connect()).send(`${POST}he`);
    await expect.poll(() => arrivals.length).toBe(1);
    const [arrival] = arrivals as [Arrival];
    expect(arrival.request.takeWhole()).toBeNull();
    client.send('llo');
    await expect.poll(() => (arrival.request as SocketRequest).whole).toBe(true);
    expect(await bodyOf(arrival)).toBe('hello');
  });

  it('that nobody listens to holds its sender back', async () => {
    const { connect, arrivals } = await start(() => undefined);
    const size = 50 << 20;
    const client = (await connect()).send(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${size}\r\n\r\n`);
    client.socket.write(Buffer.alloc(size, 'a'));
    await expect.poll(() => arrivals.length).toBe(1);
    expect(await settledValue(() => client.socket.writableLength)).toBeGreaterThan(size / 2);
    expect(await bodyOf(arrivals[0] as Arrival)).toHaveLength(size);
  });

  it('that is paused goes on where it was', async () => {
    const { connect, arrivals } = await start(() => undefined);
    const client = (await connect()).send('PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n');
    await expect.poll(() => arrivals.length).toBe(1);
    const { request } = arrivals[0] as Arrival;
    const parts: string[] = [];
    const { promise, resolve } = Promise.withResolvers<void>();
    request.on('data', (chunk) => {
      parts.push(chunk.toString());
      request.pause();
      setImmediate(() => request.resume());
    });
    request.on('end', resolve);
    client.send('1\r\nc\r\n2\r\nde\r\n0\r\nX: 1\r\n\r\n');
    await promise;
    expect([parts.join(''), request.rawTrailers]).toEqual(['abcde', ['X', '1']]);
  });
});

describe('a client that leaves', () => {
  const half = 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhe';
  const ways = {
    'in order': (client: RawSocket) => client.end(),
    'with a reset': (client: RawSocket) => client.reset(),
  };
  const moments = { 'before its answer': get('/'), 'within its body': half };

  it.each(
    Object.entries(moments).flatMap(([moment, bytes]) =>
      Object.entries(ways).map(([way, leave]) => [moment, way, bytes, leave] as const),
    ),
  )('%s, %s, is noticed at once', async (_moment, _way, bytes, leave) => {
    const { promise: gone, resolve } = Promise.withResolvers<void>();
    const { connect, arrivals } = await start(({ client }) => client.onGone(resolve));
    const client = (await connect()).send(bytes);
    await expect.poll(() => arrivals.length).toBe(1);
    const body = bytes === half ? bodyOf(arrivals[0] as Arrival) : 'he: the client left';
    leave(client);
    await gone;
    expect((arrivals[0] as Arrival).client.gone).toBe(true);
    expect(await body).toBe('he: the client left');
    await expect.poll(() => port?.connections).toBe(0);
  });

  it('has nothing served that it had asked behind', async () => {
    const { connect, arrivals } = await start(() => undefined);
    const client = (await connect()).send(get('/first') + get('/second'));
    await expect.poll(() => arrivals.length).toBe(1);
    client.end();
    expect(await client.all()).toBe('');
    await expect.poll(() => port?.connections).toBe(0);
    expect(arrivals).toHaveLength(1);
  });

  it('is noticed while it reads nothing of its answer', async () => {
    const { promise: gone, resolve } = Promise.withResolvers<void>();
    const { connect } = await start(({ client }) => {
      client.onGone(resolve);
      client.head(200, 'OK', []);
      client.data(Buffer.alloc(32 << 20), FLOW);
    });
    const client = await connect();
    client.socket.pause();
    client.send(get('/')).end();
    await gone;
  });

  it('within an answer of HTTP/1.0 without a length is reset: an end would look whole', async () => {
    const { connect } = await start(({ client }) => {
      client.head(200, 'OK', []);
      client.data(Buffer.from('half'), FLOW);
      client.flush();
    });
    const client = (await connect()).send('GET / HTTP/1.0\r\n\r\n');
    await client.until('half');
    client.end();
    await client.closed;
    expect([client.wasReset, client.wasEnded]).toEqual([true, false]);
  });

  it('within its answer is noticed, and is told of no end', async () => {
    const { promise: gone, resolve } = Promise.withResolvers<void>();
    const { connect } = await start(({ client }) => {
      client.onGone(resolve);
      client.head(200, 'OK', []);
      client.data(Buffer.from('half'), FLOW);
      client.flush();
    });
    const client = (await connect()).send(get('/'));
    await client.until('half');
    client.end();
    await gone;
    expect(await client.all()).not.toContain('0\r\n\r\n');
  });
});

describe('an answer', () => {
  it('of HTTP/1.0 without a length that is cut is reset: its end would look whole', async () => {
    const { connect } = await start(({ client }) => {
      client.head(200, 'OK', []);
      client.data(Buffer.from('half'), FLOW);
      client.cut();
    });
    const client = (await connect()).send('GET / HTTP/1.0\r\n\r\n');
    expect(await client.all()).toMatch(/Connection: close\r\n\r\nhalf$/);
    // A client on Node 22 takes a reset that comes together with data for an end.
    if (!process.version.startsWith('v22.')) expect([client.wasReset, client.wasEnded]).toEqual([true, false]);
  });

  it('of a slow reader holds its sender back until it is read', async () => {
    const calls: string[] = [];
    const flow = { pause: () => calls.push('pause'), resume: () => calls.push('resume') };
    const { connect } = await start(({ client }) => {
      client.head(200, 'OK', []);
      client.data(Buffer.alloc(32 << 20), flow);
    });
    const client = await connect();
    client.socket.pause();
    client.send(get('/'));
    await expect.poll(() => calls).toEqual(['pause']);
    client.socket.resume();
    await expect.poll(() => calls).toEqual(['pause', 'resume']);
  });

  it("that is Banyan's own has no body for HEAD, and keeps its connection", async () => {
    const { connect } = await start((arrival) =>
      arrival.request.method === 'HEAD' ? arrival.client.refuse('NO_TYPE', 'nobody') : echo(arrival),
    );
    const client = (await connect()).send(`HEAD / HTTP/1.1\r\nHost: a\r\n\r\n${get('/next')}`);
    expect(await client.until('/next')).toMatch(/^HTTP\/1\.1 404 [^{]*date: [^{]*\r\n\r\nHTTP\/1\.1 200 /);
  });

  it('comes before the refusal of what is malformed behind it', async () => {
    const { connect, counters } = await start(echo);
    const client = (await connect()).send(`${get('/good')}GET /bad HTTP/1.1\r\nA : b\r\n\r\n${get('/behind')}`);
    expect(await client.all()).toMatch(/\/goodHTTP\/1\.1 400 .*"MALFORMED_REQUEST".*\}$/s);
    expect(counters.snapshot().malformed_requests).toBe(1);
  });

  it('ends a call whose body is malformed, and nobody has served what was malformed from the start', async () => {
    const { connect, arrivals } = await start(() => undefined);
    const chunked = 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n';
    expect(await (await connect()).send(`${chunked}zz\r\n`).all()).toMatch(/^HTTP\/1\.1 400 /);
    expect(arrivals).toHaveLength(0);
    const client = (await connect()).send(`${chunked}2\r\nab\r\n`);
    await expect.poll(() => arrivals.length).toBe(1);
    const { promise: gone, resolve } = Promise.withResolvers<void>();
    arrivals[0]?.client.onGone(resolve);
    client.send('zz\r\n');
    await gone;
    expect(await client.all()).toMatch(/^HTTP\/1\.1 400 /);
  });
});

describe('a deadline', () => {
  it.each([
    ['that says nothing', ''],
    ['whose head is not whole', 'GET / HTTP/1.1\r\nHost'],
    ['that sends an empty line', '\r\n'],
  ])('is hit by a connection %s: 408', async (_what, bytes) => {
    const { connect, counters, arrivals } = await start(echo, { timeouts: { requestHeadMs: 50 } });
    expect(await (await connect()).send(bytes).all()).toMatch(/^HTTP\/1\.1 408 .*REQUEST_TIMEOUT/s);
    expect([counters.snapshot().request_timeouts, arrivals.length]).toEqual([1, 0]);
  });

  it('is hit by a body that is not whole, and ends the call', async () => {
    const { promise: gone, resolve } = Promise.withResolvers<void>();
    const { connect } = await start(({ client }) => client.onGone(resolve), { timeouts: { requestMs: 50 } });
    const client = (await connect()).send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhe');
    await gone;
    expect(await client.all()).toMatch(/^HTTP\/1\.1 408 /);
  });

  it('is not hit by an answer that takes long, nor by a connection that waits for its next request', async () => {
    const { connect, arrivals } = await start(() => undefined, { timeouts: { requestHeadMs: 500, requestMs: 500 } });
    const client = (await connect()).send(get('/slow'));
    await expect.poll(() => arrivals.length).toBe(1);
    // Whoever connects after it is overdue by then.
    await (await connect()).closed;
    echo(arrivals[0] as Arrival);
    await client.until('/slow');
    await (await connect()).closed;
    client.send(get('/next'));
    await expect.poll(() => arrivals.length).toBe(2);
  });
});

describe('a client that resets its connection while it is read no further', () => {
  it.each([
    ['behind a call with as many more requests as may wait', get('/first') + get('/more').repeat(10_000)],
    [
      'in a body that nobody takes',
      `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9000000\r\n\r\n${'x'.repeat(500_000)}`,
    ],
  ])('%s has left', async (_what, bytes) => {
    const { promise: gone, resolve } = Promise.withResolvers<void>();
    const { connect, arrivals } = await start(({ client }) => client.onGone(resolve));
    const client = (await connect()).send(bytes);
    await expect.poll(() => arrivals.length).toBe(1);
    // All that the gateway does not read is in the sockets by then.
    await settled(() => client.socket.bytesWritten - client.socket.writableLength);
    client.reset();
    await gone;
  });
});

describe('a port that closes', () => {
  it('ends idle connections at once, and others after their answers, also those begun before', async () => {
    const { connect, arrivals } = await start(() => undefined);
    const [idle, begun, waiting] = [await connect(), await connect(), await connect()];
    begun.send(get('/begun'));
    await expect.poll(() => arrivals.length).toBe(1);
    const [first] = arrivals as [Arrival];
    first.client.head(200, 'OK', ['content-length', '2']);
    first.client.flush();
    await begun.until('Connection: keep-alive');
    waiting.send(get('/waiting'));
    await expect.poll(() => arrivals.length).toBe(2);
    const cut = port?.close(10_000, NO_TUNNELS);
    await idle.closed;
    first.client.data(Buffer.from('ok'), FLOW);
    first.client.end([]);
    expect(await begun.all()).toMatch(/ok$/);
    echo(arrivals[1] as Arrival);
    expect(await waiting.all()).toMatch(/Connection: close\r\n\r\n\/waiting$/);
    expect(await cut).toBe(0);
  });
});
