import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { createServer, type Server } from 'node:tls';
import { describe, expect, it } from 'vitest';
import { useRawRig } from '../../support/raw-rig.ts';
import { answering, ok, type RawSocket, rawConnect, rawSend, startRawUpstream } from '../../support/raw-socket.ts';
import { settled } from '../../support/settled.ts';
import { unusedAddress } from '../../support/upstream.ts';

const at = useRawRig();

const GET = 'GET /billing/x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n';
const EXPECTING = GET.replace('GET', 'POST').replace(
  '\r\n\r\n',
  '\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n',
);
const UPLOAD = 'POST /billing/x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n';
const failedWith = (code: string, status: number) => new RegExp(`^HTTP/1.1 ${status} .*"code":"${code}"`, 's');

describe('39: an upstream that is not there', () => {
  it('refuses: 502', async () => {
    const alone = await at.startWith({ legacy: await unusedAddress() });
    expect(await rawSend(alone.data, GET)).toMatch(failedWith('UPSTREAM_REFUSED', 502));
  });

  it('has no address in the DNS: 502', async () => {
    const alone = await at.startWith({ legacy: 'http://nobody.invalid' });
    expect(await rawSend(alone.data, GET)).toMatch(failedWith('UPSTREAM_REFUSED', 502));
  });

  it('shows no certificate that holds: 502', async () => {
    const server = await tlsServer();
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : 0;
    for (const host of ['127.0.0.1', 'localhost']) {
      const alone = await at.startWith({ legacy: `https://${host}:${port}` });
      expect(await rawSend(alone.data, GET)).toMatch(failedWith('UPSTREAM_REFUSED', 502));
    }
    await new Promise((resolve) => server.close(resolve));
  });

  it('takes no connection within connectMs: 504', async () => {
    const full = await fullServer();
    const alone = await at.startWith({ legacy: full.url, timeouts: { connectMs: 200 } });
    for (const request of [GET, EXPECTING])
      expect(await rawSend(alone.data, request)).toMatch(failedWith('UPSTREAM_TIMEOUT', 504));
    expect(alone.gateway.parts.types[0]?.primaryLegs.legacy.pending).toBe(0);
    full.close();
  });

  it('takes a connection and says nothing in TLS: 504 after connectMs', async () => {
    const alone = await at.startWith({
      legacy: at.upstream.url.replace('http:', 'https:'),
      timeouts: { connectMs: 200 },
    });
    at.upstream.onConnection(() => undefined);
    for (const request of [GET, EXPECTING]) {
      expect(await rawSend(alone.data, request)).toMatch(failedWith('UPSTREAM_TIMEOUT', 504));
      await at.upstream.connections.at(-1)?.closed;
    }
  });

  it('has all its connections busy and its queue full: 503 with Retry-After', async () => {
    const narrow = await at.startWith({ limits: { upstreamConnectionsMax: 1, upstreamQueueMax: 0 } });
    at.upstream.onConnection(() => undefined);
    const before = at.upstream.connections.length;
    const busy = (await rawConnect(narrow.data)).send(GET);
    await (await at.upstream.connection(before)).until('\r\n\r\n');
    const answer = await rawSend(narrow.data, GET);
    expect(answer).toMatch(failedWith('UPSTREAM_OVERLOADED', 503));
    expect(answer).toMatch(/^retry-after: 1\r$/im);
    busy.destroy();
  });

  it('has no connection free for longer than connectMs: 503', async () => {
    const narrow = await at.startWith({ limits: { upstreamConnectionsMax: 1 }, timeouts: { connectMs: 200 } });
    at.upstream.onConnection(() => undefined);
    const before = at.upstream.connections.length;
    const busy = (await rawConnect(narrow.data)).send(GET);
    await (await at.upstream.connection(before)).until('\r\n\r\n');
    expect(await rawSend(narrow.data, GET)).toMatch(failedWith('UPSTREAM_OVERLOADED', 503));
    busy.destroy();
  });
});

/** A server that accepts nothing: a stopped process whose backlog is full. */
async function fullServer(): Promise<{ readonly url: string; readonly close: () => void }> {
  const program =
    "require('net').createServer().listen(0, '127.0.0.1', 1, function () { console.log(this.address().port) })";
  const child = spawn(process.execPath, ['-e', program], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  child.kill('SIGSTOP');
  const port = Number(line.toString());
  const waiting = Array.from({ length: 16 }, () => connect(port, '127.0.0.1').on('error', () => undefined));
  // The kernel completes as many as fit the backlog.
  await settled(() => waiting.filter(({ connecting }) => !connecting).length);
  return {
    url: `http://127.0.0.1:${port}`,
    close: () => {
      for (const socket of waiting) socket.destroy();
      child.kill('SIGKILL');
    },
  };
}

/** A TLS server without a certificate. */
async function tlsServer(): Promise<Server> {
  const server = createServer({ ciphers: 'aNULL:@SECLEVEL=0', maxVersion: 'TLSv1.2' });
  server.on('tlsClientError', () => undefined); // the point of it
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
  return server;
}

describe('40: an upstream that takes too long', () => {
  it.each([
    ['GET', GET],
    ['an upload', `${UPLOAD}5\r\nhello\r\n0\r\n\r\n`],
    ['an expectation', `${UPLOAD.replace('\r\n\r\n', '\r\nExpect: 100-continue\r\n\r\n')}5\r\nhello\r\n0\r\n\r\n`],
  ])('to answer %s: 504, and the connection is let go', async (_what, request) => {
    const quick = await at.startWith({ timeouts: { answerMs: 200 } });
    at.upstream.onConnection(() => undefined);
    const begunMs = performance.now();
    const client = (await rawConnect(quick.data)).send(request);
    await client.until(failedWith('UPSTREAM_TIMEOUT', 504));
    expect(performance.now() - begunMs).toBeGreaterThanOrEqual(199); // late is a matter of the machine, early is not
    await at.upstream.connections.at(-1)?.closed;
    expect(quick.gateway.parts.types[0]?.primaryLegs.legacy.pending).toBe(0);
    client.destroy();
  });

  it('to go on with an answer: the client sees it break off', async () => {
    const quick = await at.startWith({ timeouts: { idleMs: 200 } });
    at.upstream.onConnection(async (connection) => {
      await connection.until('\r\n\r\n');
      connection.send('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf');
    });
    expect(await rawSend(quick.data, GET)).toMatch(/^HTTP\/1\.1 200 OK\r\n.*\r\n\r\nhalf$/s);
    await at.upstream.connections.at(-1)?.closed;
  });

  it('is not the one that is late while the client takes its time to upload', async () => {
    const quick = await at.startWith({ timeouts: { answerMs: 1500 } });
    at.upstream.onConnection(async (connection) => {
      await connection.until('0\r\n\r\n');
      connection.send(ok());
    });
    const client = (await rawConnect(quick.data)).send(`${UPLOAD}5\r\nhello\r\n`);
    await new Promise((resolve) => setTimeout(resolve, 2000)); // longer than answerMs
    client.send('0\r\n\r\n');
    expect(await client.until(/ok$/)).toMatch(/^HTTP\/1\.1 200 /);
    client.destroy();
  });
});

/** Answers the first request of a connection, and closes it when the second one comes. */
const closesOnSecond = async (connection: RawSocket) => {
  await connection.until('\r\n\r\n');
  connection.send(ok('first'));
  await connection.until((received) => received.split('HTTP/1.1').length > 2);
  connection.reset();
};

describe('41: a connection that had gone stale', () => {
  it.each(['GET', 'HEAD', 'OPTIONS'])('%s is asked again, once, on a fresh one', async (method) => {
    const alone = await at.startWith({});
    at.upstream.onConnection(closesOnSecond);
    const before = at.upstream.connections.length;
    await rawSend(alone.data, GET);
    at.upstream.onConnection(answering(ok(method === 'HEAD' ? '' : 'second')));
    expect(await rawSend(alone.data, GET.replace('GET', method))).toMatch(/^HTTP\/1\.1 200 /);
    expect(at.upstream.connections.length - before).toBe(2);
    expect(alone.gateway.parts.counters.snapshot().stale_connection_retries).toBe(1);
  });

  it.each(['POST', 'PUT', 'DELETE', 'PATCH'])('%s is not asked again: 502', async (method) => {
    const alone = await at.startWith({});
    at.upstream.onConnection(closesOnSecond);
    const before = at.upstream.connections.length;
    await rawSend(alone.data, GET);
    const request = GET.replace('GET', method).replace('\r\n\r\n', '\r\nContent-Length: 0\r\n\r\n');
    expect(await rawSend(alone.data, request)).toMatch(failedWith('UPSTREAM_FAILED', 502));
    expect(at.upstream.connections.length - before).toBe(1);
  });

  it('GET on a fresh connection is not asked again: 502', async () => {
    const alone = await at.startWith({});
    at.upstream.onConnection(async (connection) => {
      await connection.until('\r\n\r\n');
      connection.destroy();
    });
    const before = at.upstream.connections.length;
    expect(await rawSend(alone.data, GET)).toMatch(failedWith('UPSTREAM_FAILED', 502));
    expect(at.upstream.connections.length - before).toBe(1);
  });

  it('GET of which some of the answer came is not asked again: 502', async () => {
    const alone = await at.startWith({});
    at.upstream.onConnection(async (connection) => {
      await connection.until('\r\n\r\n');
      connection.send(ok('first'));
      await connection.until((received) => received.split('HTTP/1.1').length > 2);
      connection.send('HTTP/1.1 200 OK\r\nContent-Le').end();
    });
    const before = at.upstream.connections.length;
    await rawSend(alone.data, GET);
    expect(await rawSend(alone.data, GET)).toMatch(failedWith('UPSTREAM_FAILED', 502));
    expect(at.upstream.connections.length - before).toBe(1);
  });
});

describe('42: an answer that breaks off', () => {
  const BODY = 'a'.repeat(100_000);
  const bodyIn = (received: string) => received.match(/a{50,}/g)?.join('') ?? '';
  const FRAMINGS = {
    'with a length': `HTTP/1.1 200 OK\r\nContent-Length: 200000\r\n\r\n${BODY}`,
    chunked: `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${BODY.length.toString(16)}\r\n${BODY}\r\n`,
  } as const;
  const ENDS = ['end', 'reset'] as const;
  const cases = Object.keys(FRAMINGS).flatMap((framing) =>
    ENDS.map((end) => [framing as keyof typeof FRAMINGS, end] as const),
  );

  it.each(cases)(
    '%s by %s: the client has every byte that was sent, and sees that it is not all',
    async (framing, end) => {
      at.upstream.onConnection(async (connection) => {
        await connection.until('\r\n\r\n');
        connection.send(FRAMINGS[framing]);
        await client.until((received) => bodyIn(received).length === BODY.length);
        connection[end]();
      });
      const client = (await rawConnect(at.rig.data)).send(GET);
      const answer = await client.all();
      expect(bodyIn(answer)).toBe(BODY);
      expect(answer).not.toMatch(/\r\n0\r\n\r\n$/);
    },
  );

  it.each([
    ['a call', GET],
    ['an expectation', EXPECTING],
  ])('to %s, while the client reads slowly: it still has every byte', async (_what, request) => {
    at.upstream.onConnection(async (connection) => {
      await connection.until('\r\n\r\n');
      connection.send(FRAMINGS['with a length']).end();
    });
    const client = (await rawConnect(at.rig.data)).send(request);
    client.socket.pause();
    await at.upstream.connections.at(-1)?.closed;
    client.socket.resume();
    expect(bodyIn(await client.all())).toBe(BODY);
  });

  it('not, but its connection closes behind it: a slow client still has all of it', async () => {
    const body = 'a'.repeat(4_000_000);
    for (const request of [GET, EXPECTING]) {
      at.upstream.onConnection(async (connection) => {
        await connection.until('\r\n\r\n');
        connection.send(ok(body)).end();
      });
      const before = at.upstream.connections.length;
      const client = (await rawConnect(at.rig.data)).send(request);
      client.socket.pause();
      const { socket } = await at.upstream.connection(before);
      await settled(() => socket.bytesWritten - socket.writableLength);
      client.socket.resume();
      expect(bodyIn(await client.all()).length).toBe(body.length);
      expect(at.rig.gateway.parts.types[0]?.primaryLegs.legacy.pending).toBe(0);
    }
  });

  it('for a client of HTTP/1.0, which knows the end by the connection only: that ends by a reset', async () => {
    at.upstream.onConnection(async (connection) => {
      await connection.until('\r\n\r\n');
      connection.send('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n');
      await client.until('half');
      connection.end();
    });
    const client = (await rawConnect(at.rig.data)).send('GET /billing/x HTTP/1.0\r\n\r\n');
    await client.closed;
    expect([client.wasReset, client.wasEnded]).toEqual([true, false]);
  });
});

describe('46: an answer while the body is still uploaded', () => {
  it.each(['off', 'shadow'] as const)('reaches the client at %s, which may go on sending in vain', async (stage) => {
    await at.rig.stage(stage);
    for (const status of ['413 Content Too Large', '401 Unauthorized']) {
      at.upstream.onConnection(async (connection) => {
        await connection.until('hello');
        connection.send(`HTTP/1.1 ${status}\r\nContent-Length: 2\r\n\r\nno`);
      });
      const client = (await rawConnect(at.rig.data)).send(`${UPLOAD}5\r\nhello\r\n`);
      expect(await client.until(/no$/)).toMatch(new RegExp(`^HTTP/1.1 ${status}\r\n.*^connection: close\r\n`, 'ims'));
      client.send('5\r\nworld\r\n0\r\n\r\n');
      await client.closed;
      expect(client.wasReset).toBe(false);
      await at.upstream.connections.at(-1)?.closed;
    }
    await at.rig.stage('off');
  });

  it('of an upstream that closes at once reaches the client too', async () => {
    at.upstream.onConnection(async (connection) => {
      await connection.until('hello');
      connection.send('HTTP/1.1 413 Content Too Large\r\nConnection: close\r\nContent-Length: 2\r\n\r\nno').end();
    });
    const client = (await rawConnect(at.rig.data)).send(`${UPLOAD}5\r\nhello\r\n`);
    expect(await client.until(/no$/)).toMatch(/^HTTP\/1\.1 413 /);
    client.destroy();
  });
});

describe('48: a slow side', () => {
  it('delays no call to the other: each has its own connections and its own queue', async () => {
    const slow = await startRawUpstream();
    const narrow = await at.startWith({ v2: slow.url, limits: { upstreamConnectionsMax: 1, upstreamQueueMax: 1 } });
    at.upstream.onConnection(answering(ok('legacy')));
    await narrow.stage('live');
    const write =
      'POST /billing/w HTTP/1.1\r\nHost: a\r\nX-Tenant: t\r\nConnection: close\r\nContent-Length: 0\r\n\r\n';
    const stuck = [(await rawConnect(narrow.data)).send(write), (await rawConnect(narrow.data)).send(write)];
    await expect.poll(() => narrow.gateway.parts.types[0]?.primaryLegs.v2.pending).toBe(2);
    // V2 has no room for it and has heard nothing of it, so legacy may be asked.
    expect(await rawSend(narrow.data, write)).toMatch(/^HTTP\/1\.1 200 OK\r\n.*legacy$/s);
    expect(narrow.gateway.parts.counters.snapshot().fallbacks_to_legacy).toBe(1);
    await narrow.stage('off');
    for (let n = 0; n < 20; n += 1) expect(await rawSend(narrow.data, GET)).toMatch(/legacy$/);
    expect(narrow.gateway.parts.types[0]?.primaryLegs.v2.pending).toBe(2);
    for (const client of stuck) client.destroy();
    await slow.close();
  });

  it('delays no call at shadow: the candidate has connections of its own', async () => {
    const hanging = await startRawUpstream();
    const narrow = await at.startWith({ v2: hanging.url, limits: { upstreamConnectionsMax: 1, upstreamQueueMax: 0 } });
    at.upstream.onConnection(answering(ok('legacy')));
    await narrow.stage('shadow');
    for (let n = 0; n < 20; n += 1) expect(await rawSend(narrow.data, GET)).toMatch(/legacy$/);
    await hanging.close();
  });
});
