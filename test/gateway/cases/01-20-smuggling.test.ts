import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { billing, type GatewayRig, startRig } from '../../support/gateway-rig.ts';
import { rawConnect, rawSend } from '../../support/raw-socket.ts';
import { startUpstream, type Upstream, unusedAddress } from '../../support/upstream.ts';

let upstream: Upstream;
let rig: GatewayRig;
beforeAll(async () => {
  upstream = await startUpstream(({ body }, response) => void response.end(`<${body}>`));
  rig = await startRig(billing(upstream.url, await unusedAddress()));
});
afterAll(async () => {
  await rig.close();
  await upstream.close();
});

const POST = 'POST /billing/x HTTP/1.1\r\nHost: a\r\n';
const CHUNKED = 'Transfer-Encoding: chunked\r\n';
/** A request that stands where a body stands, and one behind all: neither may be taken for the other. */
const INNER = 'GET /billing/inner HTTP/1.1\r\nHost: a\r\n\r\n';
const LAST = 'GET /billing/last HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n';

/** What came of bytes: all that was answered, and the requests that the upstream saw. */
async function send(bytes: string, base = rig.data) {
  const before = upstream.seen.length;
  const answer = await rawSend(base, bytes);
  const statuses = [...answer.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status));
  return { answer, statuses, seen: upstream.seen.slice(before).map(({ url, body }) => ({ url, body })) };
}

describe('3: a Transfer-Encoding in disguise, beside a Content-Length', () => {
  it.each([
    'Transfer-Encoding : chunked',
    'Transfer-Encoding\x0b: chunked',
    'Transfer-Encoding:\x0bchunked',
    'Transfer-Encoding: chunked\t',
    'Transfer-Encoding: chunked\0',
    'Transfer-Encoding: chunked\r',
    'Transfer-Encoding:\r\n chunked',
    'X: a\r\n Transfer-Encoding: chunked',
    'X: a\rTransfer-Encoding: chunked',
    'X: a\nTransfer-Encoding: chunked',
    ' Transfer-Encoding: chunked',
    'Transfer-Encoding\xa0: chunked',
    'Transfer_Encoding: chunked',
  ])('%j is refused', async (line) => {
    const { statuses, seen } = await send(`${POST}Content-Length: ${INNER.length}\r\n${line}\r\n\r\n${INNER}${LAST}`);
    expect([statuses, seen]).toEqual([[400], []]);
  });
});

describe('4: a body with a length', () => {
  it.each(['GET', 'DELETE', 'OPTIONS', 'POST'])(
    'of %s arrives whole, and the next request is the next',
    async (method) => {
      const length = `Content-Length: ${INNER.length}\r\n`;
      const { statuses, seen } = await send(`${method} /billing/x HTTP/1.1\r\nHost: a\r\n${length}\r\n${INNER}${LAST}`);
      expect(statuses).toEqual([200, 200]);
      expect(seen).toEqual([
        { url: '/billing/x', body: INNER },
        { url: '/billing/last', body: '' },
      ]);
    },
  );
});

describe('5: chunks', () => {
  it.each(['\r\nhello\r\n0\r\n\r\n', ';a\r\nhello\r\n0\r\n\r\n', '5\t;a\r\nhello\r\n0\r\n\r\n'])(
    '%j has no size and is refused',
    async (chunks) => {
      const { statuses, seen } = await send(`${POST}${CHUNKED}\r\n${chunks}${LAST}`);
      expect([statuses, seen]).toEqual([[400], []]);
    },
  );

  it.each(['5;a=b;c="d"\r\nhello\r\n0;x\r\n\r\n', '0000000000000000005\r\nhello\r\n000\r\n\r\n'])(
    '%j is five bytes, and the extension stays on the hop',
    async (chunks) => {
      const { statuses, seen } = await send(`${POST}${CHUNKED}\r\n${chunks}${LAST}`);
      expect(statuses).toEqual([200, 200]);
      expect(seen[0]).toEqual({ url: '/billing/x', body: 'hello' });
    },
  );

  it('with an extension of 20 kB are refused with 413', async () => {
    const { statuses, seen } = await send(`${POST}${CHUNKED}\r\n5;${'a'.repeat(20_000)}\r\nhello\r\n0\r\n\r\n${LAST}`);
    expect([statuses, seen]).toEqual([[413], []]);
  });

  it.each([
    'X: a\r\n b\r\n',
    'X : a\r\n',
    'X: a\rb\r\n',
    'X: a\nY: b\r\n',
    'Transfer-Encoding: chunked\r\n',
    'Content-Length: 5\r\n',
  ])('with the trailer %j are refused', async (trailer) => {
    const { statuses, seen } = await send(
      `${POST}Trailer: X\r\n${CHUNKED}\r\n5\r\nhello\r\n0\r\n${trailer}\r\n${LAST}`,
    );
    expect([statuses, seen]).toEqual([[400], []]);
  });

  it('with 300 kB of trailers are refused with 431', async () => {
    const { statuses, seen } = await send(`${POST}${CHUNKED}\r\n0\r\nX: ${'a'.repeat(300_000)}\r\n\r\n${LAST}`);
    expect([statuses, seen]).toEqual([[431], []]);
  });
});

describe('6: a request that is refused while more of it is still coming', () => {
  it.each([
    ['its Host', 'POST /billing/x HTTP/1.1\r\nHost: a b\r\nContent-Length: 3000000\r\n\r\n'],
    ['a chunk', `${POST}${CHUNKED}\r\nzz\r\n`],
    ['its length', `${POST}Content-Length: 5, 6\r\n\r\n`],
    ['garbage behind a last answer', `${LAST}garbage\r\n\r\n`],
  ])('for %s: the client has its answer whole, and no reset takes it away', async (_for, bytes) => {
    const client = (await rawConnect(rig.data)).send(bytes + 'a'.repeat(3_000_000));
    expect(await client.all()).toMatch(/^HTTP\/1\.1 (?:400 .*\}$|200 .*<>$)/s);
    expect([client.wasReset, client.wasEnded]).toEqual([false, true]);
  });
});

describe('9: a request line', () => {
  it.each([
    'GET\t/billing/x\tHTTP/1.1',
    'GET /billing/x HTTP/1.1 ',
    'GET /billing/x HTTP/1.10',
    'GET /billing/x HTTP/1.2',
    'GET /billing/x http/1.1',
    'get /billing/x HTTP/1.1',
    'FOO /billing/x HTTP/1.1',
    'OPTIONS * HTTP/1.1',
    'PRI * HTTP/2.0',
    '\x16\x03\x01\x02',
  ])('%j is refused, and the gateway goes on', async (line) => {
    const { statuses, seen } = await send(`${line}\r\nHost: a\r\n\r\n${LAST}`);
    expect([statuses, seen]).toEqual([[400], []]);
    expect((await send(LAST)).statuses).toEqual([200]);
  });
});

describe('17: an expectation', () => {
  it.each(['100-continue\r\nExpect: foo', 'foo\r\nExpect: 100-continue', '100-continue, foo'])(
    '%j is more than can be met: 417',
    async (expectation) => {
      const { statuses, seen } = await send(`${POST}Expect: ${expectation}\r\nContent-Length: 2\r\n\r\nhi`);
      expect([statuses, seen]).toEqual([[417], []]);
    },
  );
});

describe('20: pipelined requests', () => {
  it.each([
    ['a Host that is none', 'GET /billing/y HTTP/1.1\r\nHost: a b\r\n\r\n', 400],
    ['a target in two readings', 'GET /billing/../y HTTP/1.1\r\nHost: a\r\n\r\n', 400],
    ['too many headers', `GET /billing/y HTTP/1.1\r\nHost: a\r\n${'X: a\r\n'.repeat(200)}\r\n`, 431],
  ])('with one in the middle that has %s end there', async (_what, refused, status) => {
    const { statuses, seen } = await send(`${POST}Content-Length: 0\r\n\r\n${refused}${LAST}`);
    expect(statuses).toEqual([200, status]);
    expect(seen).toEqual([{ url: '/billing/x', body: '' }]);
  });

  it('with one in the middle that no type claims go on', async () => {
    const { statuses } = await send(`${INNER}GET /nobodys HTTP/1.1\r\nHost: a\r\n\r\n${LAST}`);
    expect(statuses).toEqual([200, 404, 200]);
  });

  it('behind one that closes the connection are not served', async () => {
    const { statuses, seen } = await send(LAST + INNER + INNER);
    expect([statuses, seen]).toEqual([[200], [{ url: '/billing/last', body: '' }]]);
  });
});

/** Bytes that no name of a header may have; some values may have some of them. */
const ODD_BYTE = fc.constantFrom(' ', '\t', '\x0b', '\x0c', '\r', '\n', '\0', ';', ',', '"', '\x7f', '\xa0');
const LENGTH_LINE = `Content-Length: ${INNER.length}\r\n`;
const FRAMINGS = [
  { head: LENGTH_LINE, body: INNER },
  { head: CHUNKED, body: `${INNER.length.toString(16)}\r\n${INNER}\r\n0\r\n\r\n` },
  { head: LENGTH_LINE + CHUNKED, body: INNER },
  { head: CHUNKED + LENGTH_LINE, body: `${INNER.length.toString(16)}\r\n${INNER}\r\n0\r\n\r\n` },
  { head: LENGTH_LINE + LENGTH_LINE, body: INNER },
] as const;

it('1: framings with odd bytes in them bring the upstream the body that was sent, or nothing', async () => {
  const framed = fc.record({
    framing: fc.constantFrom(...FRAMINGS),
    odd: fc.array(fc.record({ byte: ODD_BYTE, at: fc.nat() }), { minLength: 1, maxLength: 2 }),
    inBody: fc.boolean(),
  });
  // Where a request is not whole any more, its end is awaited.
  const timeouts = { requestHeadMs: 500, requestMs: 500 };
  const impatient = await startRig(billing(upstream.url, await unusedAddress()), { timeouts });
  await fc.assert(
    fc.asyncProperty(framed, async ({ framing, odd, inBody }) => {
      const spoilt = (text: string) =>
        odd.reduce((now, { byte, at }) => now.slice(0, at % now.length) + byte + now.slice(at % now.length), text);
      const sizeLine = framing.body.indexOf('\r\n') + 2;
      const head = inBody ? framing.head : spoilt(framing.head);
      const body = inBody ? spoilt(framing.body.slice(0, sizeLine)) + framing.body.slice(sizeLine) : framing.body;
      const { seen } = await send(`${POST}${head}\r\n${body}${LAST}`, impatient.data);
      expect(seen.filter(({ url }) => url === '/billing/inner')).toEqual([]);
      if (!inBody)
        for (const { url, body } of seen) expect([url, body]).toEqual([url, url === '/billing/x' ? INNER : '']);
    }),
    { seed: 1, numRuns: 300 },
  );
  await expect.poll(async () => (await send(LAST, impatient.data)).statuses).toEqual([200]);
  await impatient.close();
});
