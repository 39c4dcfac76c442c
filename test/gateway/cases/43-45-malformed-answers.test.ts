import { describe, expect, it } from 'vitest';
import { useRawRig } from '../../support/raw-rig.ts';
import { answering, ok, rawConnect, rawSend } from '../../support/raw-socket.ts';

const at = useRawRig();

const GET = 'GET /billing/x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n';
const EXPECTING =
  'POST /billing/x HTTP/1.1\r\nHost: a\r\nConnection: close\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n';
const HANDSHAKE =
  'GET /billing/x HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
  'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n';

/** Requests leave in three ways, each with a parser of its own for the answer. */
const WAYS = { 'a call': GET, 'an expectation': EXPECTING, 'a handshake': HANDSHAKE } as const;
const EACH_WAY = Object.entries(WAYS);

const failed = /^HTTP\/1\.1 502 .*"code":"UPSTREAM_FAILED"/s;

const MALFORMED = {
  'Content-Length and Transfer-Encoding':
    'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
  'two lengths': 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nokk',
  'one length twice': 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nok',
  'a list of lengths': 'HTTP/1.1 200 OK\r\nContent-Length: 2, 2\r\n\r\nok',
  'a length that is none': 'HTTP/1.1 200 OK\r\nContent-Length: 2x\r\n\r\nok',
  'a length with a sign': 'HTTP/1.1 200 OK\r\nContent-Length: +2\r\n\r\nok',
  'a length that no number holds': 'HTTP/1.1 200 OK\r\nContent-Length: 12345678901234567890\r\n\r\nok',
  'a coding that was not asked for': 'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n',
  'chunked twice':
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n',
  'a coding up to the end': 'HTTP/1.1 200 OK\r\nTransfer-Encoding: identity\r\n\r\nok',
  'a bad name': 'HTTP/1.1 200 OK\r\nX(Y: 1\r\nContent-Length: 2\r\n\r\nok',
  'no name': 'HTTP/1.1 200 OK\r\n: 1\r\nContent-Length: 2\r\n\r\nok',
  'a name with a space': 'HTTP/1.1 200 OK\r\nX : 1\r\nContent-Length: 2\r\n\r\nok',
  'a value with NUL': 'HTTP/1.1 200 OK\r\nX: a\0b\r\nContent-Length: 2\r\n\r\nok',
  'a value with a control character': 'HTTP/1.1 200 OK\r\nX: a\x01b\r\nContent-Length: 2\r\n\r\nok',
  'a value with a bare CR': 'HTTP/1.1 200 OK\r\nX: a\rSet-Cookie: b\r\nContent-Length: 2\r\n\r\nok',
  'a line that ends in a bare LF': 'HTTP/1.1 200 OK\r\nX: a\nSet-Cookie: b\r\nContent-Length: 2\r\n\r\nok',
  'bare LFs only': 'HTTP/1.1 200 OK\nContent-Length: 2\n\nok',
  'a folded value': 'HTTP/1.1 200 OK\r\nX: a\r\n b\r\nContent-Length: 2\r\n\r\nok',
  'a garbage line': 'HTTP/1.1 200 OK\r\ngarbage\r\nContent-Length: 2\r\n\r\nok',
  garbage: 'garbage\r\n\r\n',
  'no head (HTTP/0.9)': 'hello',
  'status 000': 'HTTP/1.1 000 None\r\nContent-Length: 2\r\n\r\nok',
  'status 99': 'HTTP/1.1 99 Low\r\nContent-Length: 2\r\n\r\nok',
  'status 1000': 'HTTP/1.1 1000 High\r\nContent-Length: 2\r\n\r\nok',
  'status 2e2': 'HTTP/1.1 2e2 Odd\r\nContent-Length: 2\r\n\r\nok',
} as const;

describe.each(EACH_WAY)('43: an answer that is no HTTP, to %s', (_way, request) => {
  it.each(Object.entries(MALFORMED))('with %s: 502, and the connection is not used again', async (_what, bytes) => {
    at.upstream.onConnection(async (connection) => {
      await connection.until('\r\n\r\n');
      connection.send(bytes);
    });
    const answer = await rawSend(at.rig.data, request);
    expect(answer).toMatch(failed);
    expect(answer.match(/^HTTP\/1\.1/gm)).toHaveLength(1);
    await at.upstream.connections.at(-1)?.closed;
    at.upstream.onConnection(answering(ok('fresh')));
    expect(await rawSend(at.rig.data, GET)).toMatch(/fresh$/);
  });
});

describe('43: an answer that is no HTTP', () => {
  it('an unasked 100 is no answer, and is passed over', async () => {
    at.upstream.onConnection(answering(`HTTP/1.1 100 Continue\r\n\r\n${ok('mine')}`));
    expect(await rawSend(at.rig.data, GET)).toMatch(/^HTTP\/1\.1 200 .*mine$/s);
  });

  it('a length in a 103 frames nothing and stays behind', async () => {
    at.upstream.onConnection(answering(`HTTP/1.1 103 Early Hints\r\nContent-Length: 5\r\nLink: x\r\n\r\n${ok()}`));
    expect(await rawSend(at.rig.data, GET)).toMatch(/^HTTP\/1\.1 103 \r\nLink: x\r\n\r\nHTTP\/1\.1 200 .*ok$/s);
  });

  it('bytes behind an answer are not taken for the next one', async () => {
    at.upstream.onConnection(answering(`${ok('mine')}${ok('forged')}`));
    const answers = await Promise.all([rawSend(at.rig.data, GET), rawSend(at.rig.data, GET)]);
    at.upstream.onConnection(answering(ok('fresh')));
    answers.push(await rawSend(at.rig.data, GET), await rawSend(at.rig.data, GET));
    expect(answers.join('')).not.toContain('forged');
  });

  it('bytes that come before a request are not its answer', async () => {
    at.upstream.onConnection(async (connection) => {
      await connection.until('\r\n\r\n');
      connection.send(ok('mine'));
    });
    await rawSend(at.rig.data, GET);
    const idle = at.upstream.connections.at(-1);
    idle?.send(ok('forged'));
    await idle?.closed;
    at.upstream.onConnection(answering(ok('fresh')));
    expect(await rawSend(at.rig.data, GET)).toMatch(/fresh$/);
  });
});

describe.each(EACH_WAY)('44: a reason phrase, to %s', (_way, request) => {
  it.each(['O\x01K', 'O\x7fK', 'O\x1b[31mK'])('%j is left out or replaced, and the answer goes on', async (reason) => {
    at.upstream.onConnection(answering(`HTTP/1.1 200 ${reason}\r\nContent-Length: 2\r\n\r\nok`));
    expect(await rawSend(at.rig.data, request)).toMatch(/^HTTP\/1\.1 200 (?:OK)?\r\n.*ok$/s);
  });

  it('with a bare CR ends no line, and is a 502', async () => {
    at.upstream.onConnection(answering('HTTP/1.1 200 O\rK\r\nContent-Length: 2\r\n\r\nok'));
    expect(await rawSend(at.rig.data, request)).toMatch(failed);
  });

  it.each(['No Way', 'a\tb', 'J\xfcrgen', 'J\xc3\xbcrgen'])('%j passes', async (reason) => {
    at.upstream.onConnection(answering(`HTTP/1.1 422 ${reason}\r\nContent-Length: 2\r\n\r\nno`));
    expect((await rawSend(at.rig.data, request)).startsWith(`HTTP/1.1 422 ${reason}\r\n`)).toBe(true);
  });
});

describe('45: an answer that was not asked for', () => {
  it.each(EACH_WAY)('of 200 kB of headers, to %s: 502', async (_way, request) => {
    at.upstream.onConnection(answering(ok('ok', `X: ${'a'.repeat(200_000)}\r\n`)));
    expect(await rawSend(at.rig.data, request)).toMatch(failed);
  });

  it.each([
    ['to a call', GET],
    ['to an expectation', EXPECTING],
  ])('of 101, %s: 502', async (_way, request) => {
    at.upstream.onConnection(
      answering('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n'),
    );
    expect(await rawSend(at.rig.data, request)).toMatch(failed);
    await at.upstream.connections.at(-1)?.closed;
  });

  it.each(EACH_WAY)(
    'of interim answers without end, to %s: 502 or 504, and the connection is let go',
    async (_way, request) => {
      const flood = setInterval(
        () => at.upstream.connections.at(-1)?.send('HTTP/1.1 102 Processing\r\n\r\n'.repeat(20)),
        1,
      );
      const quick = await at.startWith({ timeouts: { answerMs: 300 } });
      at.upstream.onConnection(() => undefined);
      const client = (await rawConnect(quick.data)).send(request);
      expect(await client.all()).toMatch(/HTTP\/1\.1 50[24] .*"code":"UPSTREAM_(?:FAILED|TIMEOUT)"/s);
      await at.upstream.connections.at(-1)?.closed;
      clearInterval(flood);
    },
  );

  it.each([
    ['200 kB of trailers', `0\r\nX: ${'a'.repeat(200_000)}\r\n\r\n`],
    ['a chunk that is none', '0x2\r\nok\r\n0\r\n\r\n'],
    ['an end without its last line', '0\r\n'],
  ])('of %s behind a body: the client sees the answer break off', async (_what, rest) => {
    at.upstream.onConnection(async (connection) => {
      await connection.until('\r\n\r\n');
      connection.send(`HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n${rest}`).end();
    });
    for (const request of [GET, EXPECTING]) {
      const answer = await rawSend(at.rig.data, request);
      expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\n.*2\r\nok\r\n$/s);
    }
  });
});
