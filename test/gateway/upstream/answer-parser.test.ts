import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RawHeaders } from '../../../src/contract/calls.ts';
import { AnswerParser } from '../../../src/gateway/upstream/answer-parser.ts';
import { UpstreamFailure } from '../../../src/gateway/upstream/failure.ts';
import { FRAMED, packets } from '../http1/messages.ts';

type Heard = {
  readonly interims: number[];
  status: number;
  text: string;
  headers: RawHeaders;
  body: string;
  trailers: RawHeaders | null;
  reason: string | null;
  keepAlive: boolean;
};

/** Reads the chunks as the answer to a request, and the end of the connection where `ends` says so. */
function read(chunks: readonly Buffer[], { method = 'GET', ends = false, headerBytesMax = 4096 } = {}): Heard {
  const heard: Heard = {
    interims: [],
    status: 0,
    text: '',
    headers: [],
    body: '',
    trailers: null,
    reason: null,
    keepAlive: false,
  };
  const parser = new AnswerParser(
    {
      interim: (status) => void heard.interims.push(status),
      head: (status, text, headers) => void Object.assign(heard, { status, text, headers }),
      data: (chunk) => {
        heard.body += chunk.toString('latin1');
      },
      end: (trailers) => {
        heard.trailers = trailers;
      },
    },
    headerBytesMax,
  );
  parser.expect(method);
  try {
    for (const chunk of chunks) parser.feed(chunk);
    if (ends) parser.ended();
  } catch (error) {
    heard.reason = error instanceof UpstreamFailure ? error.reason : String(error);
  }
  heard.keepAlive = parser.keepAlive;
  return heard;
}

const whole = (text: string, options?: Parameters<typeof read>[1]) => read([Buffer.from(text, 'latin1')], options);

const ANSWERS = {
  length: 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-A: 1\r\n\r\nhello',
  'no body': 'HTTP/1.1 204 No Content\r\n\r\n',
  'length of none': 'HTTP/1.1 404 \r\ncontent-length: 0\r\n\r\n',
  chunked:
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n5;ext=1\r\nhello\r\n1 \r\n!\r\n0\r\nX-T: 1\r\nY: \xe9\r\n\r\n',
  'after interims':
    'HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 100 \r\n\r\nHTTP/1.1 200\r\nContent-Length: 1\r\n\r\n1',
  'latin-1 and blanks': 'HTTP/1.1 200 Tr\xe8s bien\r\nA:\t b \xff \t\r\nA: \r\nContent-Length: 2\r\n\r\n\r\n',
  'until the end': 'HTTP/1.0 200 OK\r\nX: 1\r\n\r\nall of it',
} as const;

describe('an answer', () => {
  it('is read with its head, its body and its trailers', () => {
    expect(whole(ANSWERS.chunked)).toEqual({
      interims: [],
      status: 200,
      text: 'OK',
      headers: ['Transfer-Encoding', 'Chunked'],
      body: 'hello!',
      trailers: ['X-T', '1', 'Y', '\xe9'],
      reason: null,
      keepAlive: true,
    });
    expect(whole(ANSWERS['after interims'])).toMatchObject({ interims: [103, 100], status: 200, text: '', body: '1' });
    expect(whole(ANSWERS['latin-1 and blanks'])).toMatchObject({
      text: 'Tr\xe8s bien',
      headers: ['A', 'b \xff', 'A', '', 'Content-Length', '2'],
      body: '\r\n',
      trailers: [],
    });
    expect(whole(ANSWERS['until the end'], { ends: true })).toMatchObject({ body: 'all of it', trailers: [] });
  });

  it('is the same however it was cut into packets', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...Object.values(ANSWERS)),
        fc.array(fc.nat({ max: 120 }), { maxLength: 12 }),
        fc.boolean(),
        (text, cuts, byteByByte) => {
          const at = byteByByte ? [...text].map((_, index) => index) : cuts;
          expect(read(packets(text, at), { ends: true })).toEqual(whole(text, { ends: true }));
        },
      ),
    );
    fc.assert(
      fc.property(FRAMED, ({ body, text, cuts }) => {
        const heard = read(packets(`HTTP/1.1 200 OK\r\n${text}`, cuts));
        expect(heard).toMatchObject({ body, trailers: [], reason: null, keepAlive: true });
      }),
    );
  });

  it.each([
    ['HEAD', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n'],
    ['HEAD', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'],
    ['GET', 'HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n'],
    ['GET', 'HTTP/1.1 204 No Content\r\n\r\n'],
  ])('to %s has no body where there can be none: %j', (method, text) => {
    expect(whole(text, { method })).toMatchObject({ body: '', trailers: [], reason: null });
  });

  it.each([
    ['HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n', false],
    ['HTTP/1.1 200 OK\r\nConnection: x, Close\r\nContent-Length: 0\r\n\r\n', false],
    ['HTTP/1.1 200 OK\r\nConnection: x-close\r\nContent-Length: 0\r\n\r\n', true],
    ['HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n', false],
    ['HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\nContent-Length: 0\r\n\r\n', true],
    ['HTTP/1.0 200 OK\r\nConnection: keep-alive, close\r\nContent-Length: 0\r\n\r\n', false],
  ])('%j leaves the connection usable: %s', (text, keepAlive) => {
    expect(whole(text)).toMatchObject({ trailers: [], keepAlive });
  });
});

describe('what is not plainly one answer', () => {
  it.each([
    'garbage\r\n\r\n',
    'HTTP/2 200 OK\r\n\r\n',
    'HTTP/1.1  200 OK\r\n\r\n',
    'HTTP/1.1 99 Low\r\n\r\n',
    'HTTP/1.1 099 Low\r\n\r\n',
    'HTTP/1.1 1000 High\r\n\r\n',
    'HTTP/1.1 +20 OK\r\n\r\n',
    'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n',
    'HTTP/1.1 200 OK\nContent-Length: 2\n\nok',
    'HTTP/1.1 200 OK\r\nA: 1\nB: 2\r\n\r\n',
    'HTTP/1.1 200 OK\r\nA: 1\rB: 2\r\n\r\n',
    'HTTP/1.1 200 OK\r\nA: 1\0\r\n\r\n',
    'HTTP/1.1 200 OK\r\nA : 1\r\n\r\n',
    'HTTP/1.1 200 OK\r\n: 1\r\n\r\n',
    'HTTP/1.1 200 OK\r\nA: 1\r\n folded\r\n\r\n',
    'HTTP/1.1 200 OK\r\nno colon\r\n\r\n',
    'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok!',
    'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nok',
    'HTTP/1.1 200 OK\r\nContent-Length:\r\nContent-Length: 2\r\n\r\nok',
    'HTTP/1.1 200 OK\r\nContent-Length: 2, 2\r\n\r\nok',
    'HTTP/1.1 200 OK\r\nContent-Length: +2\r\n\r\nok',
    'HTTP/1.1 200 OK\r\nContent-Length: 0x2\r\n\r\nok',
    'HTTP/1.1 200 OK\r\nContent-Length: 1234567890123456\r\n\r\nok',
    'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    'HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0x5\r\nhello\r\n0\r\n\r\n',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\nhello\r\n0\r\n\r\n',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n 5\r\nhello\r\n0\r\n\r\n',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\nhello\r\n0\r\n\r\n',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;a\nb\r\nhello\r\n0\r\n\r\n',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhelloX\r\n0\r\n\r\n',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffff\r\nhello\r\n0\r\n\r\n',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nbad trailer\r\n\r\n',
    'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\n\r\n',
    `HTTP/1.1 200 OK\r\nA: ${'a'.repeat(5000)}\r\n\r\n`,
    `HTTP/1.1 200 OK\r\nA: ${'a'.repeat(5000)}`,
    `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;${'a'.repeat(5000)}`,
    `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nA: ${'a'.repeat(5000)}`,
  ])('is refused: %j', (text) => {
    expect(whole(text)).toMatchObject({ reason: 'malformed' });
    expect(read([...Buffer.from(text, 'latin1')].map((byte) => Buffer.of(byte)))).toMatchObject({
      reason: 'malformed',
    });
  });

  it.each([
    ['', 'reset'],
    ['HTTP/1.1 200 OK\r\nConte', 'truncated'],
    ['HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell', 'truncated'],
    ['HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n', 'truncated'],
    ['HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n', 'truncated'],
  ])('breaks off: %j is %s', (text, reason) => {
    expect(read(text === '' ? [] : [Buffer.from(text)], { ends: true })).toMatchObject({ reason });
  });
});

describe("beside Node's parser", () => {
  /** What node:http makes of the same bytes, or `null` when it refuses them. */
  async function byNode(bytes: Buffer): Promise<Pick<Heard, 'status' | 'headers' | 'body'> | null> {
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.once('data', () => socket.end(bytes));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    try {
      const { port } = server.address() as AddressInfo;
      const sending = httpRequest({ port, host: '127.0.0.1', agent: false });
      sending.end();
      const [response] = await once(sending, 'response');
      const chunks: Buffer[] = await response.toArray();
      const body = Buffer.concat(chunks).toString('latin1');
      return { status: response.statusCode, headers: response.rawHeaders, body };
    } catch {
      return null;
    } finally {
      server.close();
    }
  }

  const field = fc.tuple(
    fc.constantFrom('X-A', 'Content-Length', 'Transfer-Encoding', 'Connection', 'X B', 'Set-Cookie'),
    fc.constantFrom(':', ': ', ' : ', ':\t'),
    fc.constantFrom('5', 'chunked', 'close', '5, 5', '\xe9', '', 'a\0b', 'gzip'),
    fc.constantFrom('\r\n', '\r\n', '\r\n', '\n', '\r\n '),
  );
  const answers = fc
    .tuple(
      fc.constantFrom('HTTP/1.1 200 OK\r\n', 'HTTP/1.1 500 \r\n', 'HTTP/1.0 200 OK\r\n', 'HTTP/1.1 20 OK\r\n'),
      fc.array(field, { maxLength: 4 }),
      fc.constantFrom('hello', '5\r\nhello\r\n0\r\n\r\n', '', 'hello, world', '5\r\nhello\r\n0\r\n'),
    )
    .map(([line, fields, body]) =>
      Buffer.from(`${line}${fields.map((parts) => parts.join('')).join('')}\r\n${body}`, 'latin1'),
    );

  it('takes nothing that Node refuses, and reads what both take as Node does', async () => {
    await fc.assert(
      fc.asyncProperty(answers, async (bytes) => {
        const ours = read([bytes], { ends: true });
        if (ours.reason !== null || ours.trailers === null) return;
        const nodes = await byNode(bytes);
        expect(nodes).toEqual({ status: ours.status, headers: ours.headers, body: ours.body });
      }),
      { numRuns: 300 },
    );
  });
});
