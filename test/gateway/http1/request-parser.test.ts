import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RawHeaders } from '../../../src/contract/calls.ts';
import { BanyanError } from '../../../src/contract/errors.ts';
import { DEFAULT_LIMITS } from '../../../src/contract/limits.ts';
import { type ParsedHead, RequestParser } from '../../../src/gateway/http1/request-parser.ts';
import { readHead } from '../../../src/gateway/request-head.ts';
import { FRAMED, packets } from './messages.ts';

type Heard = {
  head: ParsedHead | null;
  body: string;
  trailers: RawHeaders | null;
  /** What was not read: it is behind the request. */
  rest: string;
  code: string | null;
};

/** Reads one request from chunks, as a connection does: nothing is read behind its end. */
function read(chunks: readonly Buffer[], headBytesMax = 4096): Heard {
  const heard: Heard = { head: null, body: '', trailers: null, rest: '', code: null };
  const parser = new RequestParser(
    {
      head: (head) => {
        heard.head = head;
      },
      data: (chunk) => {
        heard.body += chunk.toString('latin1');
      },
      end: (trailers) => {
        heard.trailers = trailers;
      },
    },
    headBytesMax,
  );
  try {
    for (const chunk of chunks) {
      const next = heard.trailers === null ? parser.feed(chunk, 0) : 0;
      heard.rest += chunk.toString('latin1', next);
    }
  } catch (error) {
    heard.code = error instanceof BanyanError ? error.code : String(error);
  }
  return heard;
}

const whole = (text: string, headBytesMax?: number) => read([Buffer.from(text, 'latin1')], headBytesMax);
const byteByByte = (text: string) => read([...Buffer.from(text, 'latin1')].map((byte) => Buffer.of(byte)));

const REQUESTS = {
  'no body': 'GET /a?b=c HTTP/1.1\r\nHost: a\r\n\r\n',
  'no headers': 'GET / HTTP/1.0\r\n\r\n',
  'an empty line before': '\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n',
  length: 'POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello',
  'length of none': 'POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n',
  chunked:
    'PUT / HTTP/1.1\r\nTransfer-Encoding: Chunked\r\n\r\n5;a="b;\\"c";d\r\nhello\r\n01\r\n!\r\n0\r\nX: 1\r\nY: \xe9\r\n\r\n',
  'latin-1 and blanks': 'QUERY /\xff HTTP/1.1\r\nA:\t b \xff \t\r\nA: \r\nContent-Length: 2\r\n\r\n\r\n',
  'lines that end in LF': 'POST /a HTTP/1.1\r\nContent-Length: 6\r\n\r\na\n\nb\n\n',
  'chunks of lines that end in LF':
    'POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n003\r\na\nb\r\n0002\r\n\n\n\r\n0\r\nX: 1\r\n\r\n',
  upgrade: 'GET /ws HTTP/1.1\r\nHost: a\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n\r\n',
} as const;
const BEHIND = 'GET /behind HTTP/1.1\r\n\r\n';

describe('a request', () => {
  it('is read with its head, its body and its trailers, and not a byte further', () => {
    expect(whole(REQUESTS.chunked + BEHIND)).toEqual({
      head: {
        method: 'PUT',
        url: '/',
        httpVersionMajor: 1,
        httpVersionMinor: 1,
        rawHeaders: ['Transfer-Encoding', 'Chunked'],
        keepAlive: true,
        upgrade: false,
      },
      body: 'hello!',
      trailers: ['X', '1', 'Y', '\xe9'],
      rest: BEHIND,
      code: null,
    });
    expect(whole(REQUESTS['latin-1 and blanks'] + BEHIND)).toMatchObject({
      head: { method: 'QUERY', url: '/\xff', rawHeaders: ['A', 'b \xff', 'A', '', 'Content-Length', '2'] },
      body: '\r\n',
      rest: BEHIND,
    });
    expect(whole(`${REQUESTS.upgrade}\x81\x00`)).toMatchObject({ head: { upgrade: true }, rest: '\x81\x00' });
  });

  it('is the same however it was cut into packets, and so is what stands behind it', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...Object.values(REQUESTS)),
        fc.array(fc.nat({ max: 160 }), { maxLength: 12 }),
        (text, cuts) => {
          expect(read(packets(text + BEHIND, cuts))).toEqual({ ...whole(text), rest: BEHIND });
        },
      ),
    );
    fc.assert(
      fc.property(FRAMED, ({ body, text, cuts }) => {
        const heard = read(packets(`POST / HTTP/1.1\r\n${text}${BEHIND}`, cuts));
        expect(heard).toMatchObject({ body, trailers: [], rest: BEHIND, code: null });
      }),
    );
    for (const text of Object.values(REQUESTS)) expect(byteByByte(text + BEHIND)).toEqual(whole(text + BEHIND));
  });

  it.each([
    ['HTTP/1.1', '', true],
    ['HTTP/1.1', 'Connection: close\r\n', false],
    ['HTTP/1.1', 'Connection: x\r\nConnection: Close\r\n', false],
    ['HTTP/1.1', 'Connection: x-close\r\n', true],
    ['HTTP/1.0', '', false],
    ['HTTP/1.0', 'Connection: Keep-Alive\r\n', true],
    ['HTTP/1.0', 'Connection: close, keep-alive\r\n', false],
  ])('of %s with %j lets another one follow: %s', (version, header, keepAlive) => {
    expect(whole(`GET / ${version}\r\n${header}\r\n`).head).toMatchObject({ keepAlive });
  });

  it.each([
    ['Connection: Upgrade\r\nUpgrade: h2c\r\n', false],
    ['Upgrade: websocket\r\n', false],
    ['Connection: close\r\nUpgrade: websocket\r\n', false],
    ['Connection: upgrade\r\nUpgrade: h2c, WebSocket\r\n', true],
  ])('with %j asks for a WebSocket: %s', (headers, upgrade) => {
    expect(whole(`GET / HTTP/1.1\r\n${headers}\r\n`).head).toMatchObject({ upgrade });
  });

  it.each(['gzip', 'chunked, chunked', 'identity', ''])(
    'with the transfer coding %j has a head, and nothing behind it is understood',
    (coding) => {
      const heard = whole(`POST / HTTP/1.1\r\nTransfer-Encoding: ${coding}\r\n\r\n0\r\n\r\n${BEHIND}`);
      expect(heard).toMatchObject({ head: { method: 'POST' }, body: '', trailers: null, rest: '', code: null });
    },
  );
});

describe('what is not plainly one request', () => {
  const CHUNKED = 'POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n';
  it.each([
    'garbage\r\n\r\n',
    '\x16\x03\x01',
    '\r\n\r\nGET / HTTP/1.1\r\n\r\n',
    '\rGET / HTTP/1.1\r\n\r\n',
    '\nGET / HTTP/1.1\r\n\r\n',
    'get / HTTP/1.1\r\n\r\n',
    'FOO / HTTP/1.1\r\n\r\n',
    'GET  / HTTP/1.1\r\n\r\n',
    'GET /  HTTP/1.1\r\n\r\n',
    'GET / HTTP/1.1 \r\n\r\n',
    'GET\t/ HTTP/1.1\r\n\r\n',
    'GET /a b HTTP/1.1\r\n\r\n',
    'GET /\x7f HTTP/1.1\r\n\r\n',
    'GET / HTTP/1.2\r\n\r\n',
    'GET / HTTP/3.0\r\n\r\n',
    'GET / http/1.1\r\n\r\n',
    'GET / ICE/1.0\r\n\r\n',
    'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
    'GET / HTTP/1.1\nA: 1\n\n',
    'GET / HTTP/1.1\r\nA: 1\nB: 2\r\n\r\n',
    'GET / HTTP/1.1\r\nA: 1\rB: 2\r\n\r\n',
    'GET / HTTP/1.1\r\nA: 1\0\r\n\r\n',
    'GET / HTTP/1.1\r\nA : 1\r\n\r\n',
    'GET / HTTP/1.1\r\n A: 1\r\n\r\n',
    'GET / HTTP/1.1\r\nA: 1\r\n folded\r\n\r\n',
    'GET / HTTP/1.1\r\n: 1\r\n\r\n',
    'GET / HTTP/1.1\r\nno colon\r\n\r\n',
    'POST / HTTP/1.1\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nok',
    'POST / HTTP/1.1\r\nContent-Length: 2, 2\r\n\r\nok',
    'POST / HTTP/1.1\r\nContent-Length:\r\n\r\n',
    'POST / HTTP/1.1\r\nContent-Length: +2\r\n\r\nok',
    'POST / HTTP/1.1\r\nContent-Length: 1234567890123456\r\n\r\nok',
    'POST / HTTP/1.1\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    'POST / HTTP/1.1\r\nTransfer-Encoding: gzip\r\nContent-Length: 2\r\n\r\nok',
    `${CHUNKED}0x5\r\nhello\r\n0\r\n\r\n`,
    `${CHUNKED}5 \r\nhello\r\n0\r\n\r\n`,
    `${CHUNKED} 5\r\nhello\r\n0\r\n\r\n`,
    `${CHUNKED}5\nhello\r\n0\r\n\r\n`,
    `${CHUNKED}5;\r\nhello\r\n0\r\n\r\n`,
    `${CHUNKED}5; a\r\nhello\r\n0\r\n\r\n`,
    `${CHUNKED}5;a="\r\nhello\r\n0\r\n\r\n`,
    `${CHUNKED}5;a\nb\r\nhello\r\n0\r\n\r\n`,
    `${CHUNKED}5\r\nhelloX\r\n0\r\n\r\n`,
    `${CHUNKED}fffffffffffff0\r\nhello\r\n0\r\n\r\n`,
    `${CHUNKED}\r\nhello\r\n0\r\n\r\n`,
    `${CHUNKED}0\r\nbad trailer\r\n\r\n`,
    `${CHUNKED}0\r\nContent-Length: 5\r\n\r\n`,
    `${CHUNKED}0\r\ntransfer-encoding: chunked\r\n\r\n`,
  ])('is refused: %j', (text) => {
    expect(whole(text)).toMatchObject({ code: 'MALFORMED_REQUEST', trailers: null });
    expect(byteByByte(text)).toMatchObject({ code: 'MALFORMED_REQUEST', trailers: null });
  });

  it.each([
    ['HEADERS_TOO_LARGE', `GET / HTTP/1.1\r\nA: ${'a'.repeat(5000)}\r\n\r\n`],
    ['HEADERS_TOO_LARGE', `GET / HTTP/1.1\r\nA: ${'a'.repeat(5000)}`],
    ['HEADERS_TOO_LARGE', `GET / HTTP/1.1\r\n${'A: 1\r\n'.repeat(1000)}`],
    ['HEADERS_TOO_LARGE', `${CHUNKED}0\r\nA: ${'a'.repeat(5000)}`],
    ['HEADERS_TOO_LARGE', `${CHUNKED}0\r\n${'A: 1\r\n'.repeat(1000)}`],
    ['BODY_TOO_LARGE', `${CHUNKED}5;${'a'.repeat(5000)}`],
    ['BODY_TOO_LARGE', `${CHUNKED}5;${'a'.repeat(5000)}\r\nhello\r\n0\r\n\r\n`],
  ])('is too long: %s', (code, text) => {
    expect(whole(text)).toMatchObject({ code });
    expect(byteByByte(text)).toMatchObject({ code });
  });

  it('is not read past the limit, to the byte', () => {
    const head = `GET / HTTP/1.1\r\nA: ${'a'.repeat(100)}`;
    for (const readAs of [(text: string, max: number) => whole(text, max), inHalves]) {
      expect(readAs(`${head}\r\n\r\n`, head.length)).toMatchObject({ code: null, trailers: [] });
      expect(readAs(`${head}\r\n\r\n`, head.length - 1)).toMatchObject({ code: 'HEADERS_TOO_LARGE' });
    }
  });

  function inHalves(text: string, headBytesMax: number): Heard {
    const bytes = Buffer.from(text, 'latin1');
    return read([bytes.subarray(0, 60), bytes.subarray(60)], headBytesMax);
  }
});

describe("beside Node's parser", () => {
  type Read = { method: string; url: string; version: string; headers: RawHeaders; body: string; trailers: RawHeaders };

  /** Who waits for what is made of a connection, by the client's port. */
  const waiting = new Map<number | undefined, (read: Read | null) => void>();
  const server = createServer({ requireHostHeader: false }, async (request: IncomingMessage, response) => {
    const { method = '', url = '', httpVersion: version, rawHeaders: headers } = request;
    const heard = waiting.get(request.socket.remotePort);
    const chunks: Buffer[] = await request.toArray().catch(() => []);
    response.end();
    if (!request.complete) return heard?.(null);
    const body = Buffer.concat(chunks).toString('latin1');
    heard?.({ method, url, version, headers, body, trailers: request.rawTrailers });
  });
  server.on('clientError', (_error, socket) => {
    waiting.get((socket as Socket).remotePort)?.(null);
    socket.destroy();
  });
  beforeAll(() => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)));
  afterAll(() => void server.close());

  /** What node:http makes of the same bytes, or `null` when it refuses them. */
  async function byNode(bytes: Buffer): Promise<Read | null> {
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
    socket.on('error', () => undefined);
    await once(socket, 'connect');
    const { promise, resolve } = Promise.withResolvers<Read | null>();
    const port = socket.localPort;
    waiting.set(port, resolve);
    socket.write(bytes);
    const read = await promise;
    waiting.delete(port);
    socket.destroy();
    return read;
  }

  /** One of the good ones four times in five. */
  const mostly = (good: readonly string[], odd: readonly string[]) =>
    fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...good) }, { weight: 1, arbitrary: fc.constantFrom(...odd) });

  const field = fc.tuple(
    mostly(['X-A', 'Content-Length', 'Transfer-Encoding'], ['Connection', 'X B', 'Host']),
    mostly([':', ': '], [':\t', ' : ']),
    mostly(['5', 'chunked'], ['05', 'Chunked', 'close', '5, 5', '\xe9', '', 'a\0b', 'gzip', '"5"']),
    mostly(['\r\n'], ['\n', '\r\n ', '\r\r\n']),
  );
  const requests = fc
    .tuple(
      mostly([''], ['\r\n', '\n', ' ']),
      mostly(['GET', 'POST'], ['M-SEARCH', 'Get', 'NOPE']),
      mostly([' '], ['  ', '\t']),
      mostly(['/', '/a?b'], ['/%41;c', '/\xe9', 'a', '*', 'http://a/b']),
      mostly([' HTTP/1.1\r\nHost: a\r\n', ' HTTP/1.0\r\n'], [' HTTP/1.1\n', ' HTTP/1.3\r\n', '\r\n']),
      fc.array(field, { maxLength: 3 }),
      fc.constantFrom(
        'hello',
        '5\r\nhello\r\n0\r\n\r\n',
        '05;a=b;"c"\r\nhello\r\n0\r\n\r\n',
        '5;a="b c";d\r\nhello\r\n0;e\r\nX: 1\r\n\r\n',
        '5 \r\nhello\r\n0\r\n\r\n',
        '5;a= b\r\nhello\r\n0\r\n\r\n',
        '5\r\nhello\r\n0\r\nContent-Length: 1\r\n\r\n',
        '5\r\nhello\n0\r\n\r\n',
        '',
      ),
    )
    .map(([before, method, blank, target, version, fields, body]) =>
      Buffer.from(
        `${before}${method}${blank}${target}${version}${fields.map((parts) => parts.join('')).join('')}\r\n${body}`,
        'latin1',
      ),
    );

  it('takes nothing that Node refuses, and reads what both take as Node does', async () => {
    let compared = 0;
    await fc.assert(
      fc.asyncProperty(requests, async (bytes) => {
        const { head, body, trailers, rest } = read([bytes]);
        // What is refused by its head is never forwarded.
        if (head === null || trailers === null || 'refused' in readHead(head, DEFAULT_LIMITS)) return;
        compared += 1;
        const version = `${head.httpVersionMajor}.${head.httpVersionMinor}`;
        const ours = { method: head.method, url: head.url, version, headers: head.rawHeaders, body, trailers };
        expect(await byNode(bytes.subarray(0, bytes.length - rest.length))).toEqual(ours);
      }),
      { numRuns: 5000, seed: 1 },
    );
    expect(compared).toBeGreaterThan(200);
  });
});
