import type { ClientHttp2Session, OutgoingHttpHeaders } from 'node:http2';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dataTls } from '../../support/data-port-tls.ts';
import { billing, type GatewayRig, startRig } from '../../support/gateway-rig.ts';
import { frameConnect, http2Answer, http2Ask, http2Connect } from '../../support/http2-client.ts';
import { answering, ok, type RawUpstream, startRawUpstream } from '../../support/raw-socket.ts';

let upstream: RawUpstream;
let rig: GatewayRig;
let client: ClientHttp2Session;
let last = -1;

beforeAll(async () => {
  upstream = await startRawUpstream(answering(ok()));
  rig = await startRig(billing(upstream.url, 'http://127.0.0.1:1'), { tls: dataTls() });
  client = await http2Connect(rig.data);
});
afterAll(async () => {
  client.close();
  await rig.close();
  await upstream.close();
});

/** Asks on the wire of an upstream that answers so, and gives what either side saw. */
async function carried(headers: readonly string[], { body, answer = ok() }: { body?: string; answer?: string } = {}) {
  last = upstream.connections.length;
  upstream.onConnection(async (connection) => {
    await connection.until(/\r\n\r\n/);
    if (body !== undefined) await connection.until((text) => text.endsWith(body) || text.endsWith('0\r\n\r\n'));
    connection.send(answer).end();
  });
  const got = await http2Ask(client, headers, body);
  return { got, sent: upstream.connections[last]?.received ?? '' };
}

const get = (path: string, ...more: string[]) => [':method', 'GET', ':path', path, ':authority', 'localhost', ...more];
const post = (path: string, ...more: string[]) => [
  ':method',
  'POST',
  ':path',
  path,
  ':authority',
  'localhost',
  ...more,
];
/** Closed, so that each request has a connection of its own. */
const bare = (headers: string, body = 'ok') =>
  `HTTP/1.1 200 Fine\r\n${headers}Content-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`;

describe('a request of HTTP/2', () => {
  it('reaches the upstream as one of HTTP/1.1: :authority is Host, and who sent it is told', async () => {
    const { got, sent } = await carried(get('/billing/x?y=%20', 'x-b', '2', 'x-a', '1', 'x-b', '3'));
    expect(got).toMatchObject({ status: 200, body: 'ok', code: 0 });
    expect(sent).toMatch(/^GET \/billing\/x\?y=%20 HTTP\/1\.1\r\nhost: localhost\r\n/i);
    expect(sent).toMatch(/x-b: 2\r\nx-a: 1\r\nx-b: 3\r\n/);
    expect(sent).toContain('x-forwarded-for: 127.0.0.1\r\nx-forwarded-proto: https\r\nx-forwarded-host: localhost\r\n');
  });

  it('keeps latin-1 in values, and its cookies are one header again', async () => {
    const { sent } = await carried(
      get('/billing/x', 'cookie', 'a=1', 'x-name', 'Zo\xeb', 'cookie', 'b=2', 'cookie', 'c=3'),
    );
    expect(sent).toContain('cookie: a=1; b=2; c=3\r\nx-name: Zo\xeb\r\n');
    expect(sent.match(/cookie/g)).toHaveLength(1);
  });

  it('may name its host by Host alone, or by both alike, but not by two that differ', async () => {
    const frames = await frameConnect(rig.data);
    const arrives = upstream.connection(upstream.connections.length);
    frames.ask(1, [':method', 'GET', ':scheme', 'https', ':path', '/billing/x', 'host', 'one.test']);
    expect(await (await arrives).until('\r\n\r\n')).toMatch(/\r\nhost: one\.test\r\n/i);
    frames.socket.destroy();
    const alike = await carried(get('/billing/x', 'host', 'LocalHost'));
    expect(alike.sent.match(/^host:/gim)).toHaveLength(1);
    const seen = upstream.connections.length;
    const differing = await http2Ask(client, get('/billing/x', 'host', 'other.test'));
    expect(differing).toMatchObject({ status: 400, code: 0 });
    expect(differing.body).toContain('MALFORMED_REQUEST');
    expect(upstream.connections.length).toBe(seen);
  });

  it('with a length has that length upstream, and without one it is chunked', async () => {
    const framed = await carried(post('/billing/x', 'content-length', '5'), { body: 'hello', answer: bare('') });
    expect(framed.sent).toMatch(/content-length: 5\r\n/i);
    expect(framed.sent).toMatch(/\r\n\r\nhello$/);
    const open = await carried(post('/billing/x'), { body: 'hello', answer: bare('') });
    expect(open.sent).toMatch(/transfer-encoding: chunked\r\n/i);
    expect(open.sent).toMatch(/5\r\nhello\r\n0\r\n\r\n$/);
  });

  it('passes trailers on that it announced, and "te: trailers" to nobody', async () => {
    last = upstream.connections.length;
    upstream.onConnection(async (connection) => {
      await connection.until(/\r\nx-sum: 7\r\n\r\n$/);
      connection.send(bare(''));
    });
    const stream = client.request(
      { ':method': 'POST', ':path': '/billing/x', te: 'trailers', trailer: 'x-sum' },
      { waitForTrailers: true },
    );
    stream.on('wantTrailers', () => stream.sendTrailers({ 'x-sum': '7' }));
    stream.end('body');
    expect(await http2Answer(stream)).toMatchObject({ status: 200 });
    expect(upstream.connections[last]?.received).not.toMatch(/^te:/im);
  });

  it.each([
    ['CONNECT', [':method', 'CONNECT', ':authority', 'localhost:443'], 501, 'METHOD_NOT_FORWARDED'],
    ['TRACE', [':method', 'TRACE', ':path', '/billing/x'], 501, 'METHOD_NOT_FORWARDED'],
    ['a method that nobody knows', [':method', 'get', ':path', '/billing/x'], 501, 'METHOD_NOT_FORWARDED'],
    ['another scheme', [':method', 'GET', ':scheme', 'ftp', ':path', '/billing/x'], 400, 'MALFORMED_REQUEST'],
    ['a target with dot segments', get('/billing/../x'), 400, 'BAD_TARGET'],
    ['a target of two slashes', get('//billing/x'), 400, 'BAD_TARGET'],
    ['another expectation', get('/billing/x', 'expect', 'foo'), 417, 'EXPECTATION_FAILED'],
    ['a name that can be read as our own', get('/billing/x', 'x_banyan_mirror', '1'), 400, 'MALFORMED_REQUEST'],
    ['a path of nobody', get('/nobody'), 404, 'NO_TYPE'],
  ])('with %s is answered, and the connection goes on', async (_, headers, status, code) => {
    const seen = upstream.connections.length;
    const answer = await http2Ask(client, headers);
    expect(answer).toMatchObject({ status, code: 0 });
    expect(answer.body).toContain(code);
    expect(upstream.connections.length).toBe(seen);
    expect(client.closed).toBe(false);
  });

  it('with too many headers, too long ones or too long a target is answered 431 or 414', async () => {
    const many = Array.from({ length: 101 }, (_, n) => [`x-${n}`, 'v']).flat();
    expect(await http2Ask(client, get('/billing/x', ...many))).toMatchObject({ status: 431 });
    expect(await http2Ask(client, get(`/billing/${'x'.repeat(17_000)}`))).toMatchObject({ status: 414 });
    expect(
      await http2Ask(client, get('/billing/x', ...['x-long', 'x'.repeat(33_000), 'x-longer', 'x'.repeat(33_000)])),
    ).toMatchObject({ status: 431 });
    expect(client.closed).toBe(false);
  });

  it('that waits for 100 gets it from the upstream', async () => {
    upstream.onConnection(async (connection) => {
      await connection.until(/expect: 100-continue\r\n/i);
      connection.send('HTTP/1.1 100 Continue\r\n\r\n');
      await connection.until('hello');
      connection.send(bare(''));
    });
    const stream = client.request({
      ':method': 'POST',
      ':path': '/billing/x',
      expect: '100-continue',
      'content-length': 5,
    });
    const answer = http2Answer(stream);
    stream.once('headers', () => stream.end('hello'));
    expect(await answer).toMatchObject({ status: 200, interim: [100] });
  });
});

describe('an answer over HTTP/2', () => {
  const answered = async (answer: string, headers = get('/billing/x')) => (await carried(headers, { answer })).got;

  it('has its headers in lower case and their order, repeated ones and latin-1 as they were, and no reason phrase', async () => {
    const { rawHeaders, body } = await answered(
      bare(
        'Set-Cookie: a=1\r\nX-Name: Zo\xeb\r\nSet-Cookie: b=2\r\nX-Content-Type-Options: nosniff\r\nX-Content-Type-Options: nosniff\r\n',
      ),
    );
    expect(body).toBe('ok');
    expect(rawHeaders).toEqual(
      [
        [':status', '200'],
        ['set-cookie', 'a=1'],
        ['set-cookie', 'b=2'],
        ['x-name', 'Zo\xeb'],
        ['x-content-type-options', 'nosniff'],
        // Node 22 does not say twice what is to be said once.
        ...(process.version.startsWith('v22.') ? [] : [['x-content-type-options', 'nosniff']]),
        ['content-length', '2'],
      ].flat(),
    );
  });

  it('has none of the headers of the connection, nor those that Connection names', async () => {
    const { rawHeaders } = await answered(
      'HTTP/1.1 200 OK\r\nConnection: X-Hop, close\r\nX-Hop: 1\r\nKeep-Alive: timeout=5\r\nUpgrade: h2c\r\nContent-Length: 0\r\n\r\n',
    );
    expect(rawHeaders).toEqual([':status', '200', 'content-length', '0']);
  });

  it('is of HEAD without a body and with its length, and a 304 and a 204 end with their heads', async () => {
    const head = await carried([':method', 'HEAD', ':path', '/billing/x'], {
      answer: 'HTTP/1.1 200 OK\r\nContent-Length: 300\r\nConnection: close\r\n\r\n',
    });
    expect(head.got).toMatchObject({ status: 200, body: '', code: 0 });
    expect(head.got.rawHeaders).toContain('300');
    for (const status of [204, 304]) {
      const answer = `HTTP/1.1 ${status} \r\nETag: "a"\r\nConnection: close\r\n\r\n`;
      expect(await answered(answer)).toMatchObject({ status, body: '', code: 0 });
    }
  });

  it('to a length that no number holds is 400', async () => {
    const headers = post('/billing/x', 'content-length', '9007199254740993');
    const stream = client.request(headers as unknown as OutgoingHttpHeaders, { endStream: false });
    const answer = await http2Answer(stream);
    expect(answer).toMatchObject({ status: 400, body: expect.stringContaining('MALFORMED_REQUEST') });
  });

  it('of 205 has no body, whatever length the upstream gives it', async () => {
    const answer = await answered('HTTP/1.1 205 Reset\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok');
    expect(answer).toMatchObject({ status: 205, body: '', code: 0 });
    expect(answer.rawHeaders).not.toContain('content-length');
  });

  it('has its trailers', async () => {
    const chunked = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n2\r\nok\r\n0\r\n';
    expect(await answered(`${chunked}X-Sum: 7\r\nSet-Cookie: a=1\r\n\r\n`)).toMatchObject({
      body: 'ok',
      trailers: { 'x-sum': '7' },
      code: 0,
    });
    expect(await answered(`${chunked}\r\n`)).toMatchObject({ body: 'ok', trailers: {}, code: 0 });
  });

  it('may have heads before its head', async () => {
    const answer = `HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n${bare('')}`;
    expect(await answered(answer)).toMatchObject({ status: 200, interim: [103] });
  });

  it('that breaks off is reset after all that came of it, with and without a length', async () => {
    const framed = 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf';
    const chunked = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n';
    for (const answer of [framed, chunked]) {
      expect(await answered(answer)).toMatchObject({ status: 200, body: 'half', code: 2 });
    }
  });

  it('that is malformed is a 502, and one that never comes a 502 too', async () => {
    expect(await answered('HTTP/1.1 200 OK\r\nX-A: a\x00b\r\n\r\n')).toMatchObject({ status: 502, code: 0 });
    expect(await answered('')).toMatchObject({ status: 502, code: 0 });
  });
});
