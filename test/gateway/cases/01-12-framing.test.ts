import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { billing, type GatewayRig, startRig } from '../../support/gateway-rig.ts';
import { rawConnect, rawSend } from '../../support/raw-socket.ts';
import { startUpstream, type Upstream, unusedAddress } from '../../support/upstream.ts';

let upstream: Upstream;
let rig: GatewayRig;
beforeAll(async () => {
  upstream = await startUpstream(({ body }, response) => void response.end(body));
  rig = await startRig(billing(upstream.url, await unusedAddress()));
});
afterAll(async () => {
  await rig.close();
  await upstream.close();
});

const POST = 'POST /billing/x HTTP/1.1\r\nHost: a\r\n';
const GET = 'GET /billing/x HTTP/1.1\r\nHost: a\r\n';
const CHUNKED = 'Transfer-Encoding: chunked\r\n';
/** A second request behind the first: it must not be answered when the first one's end is in doubt. */
const SMUGGLED = 'GET /billing/smuggled HTTP/1.1\r\nHost: a\r\n\r\n';

/** The answer to bytes that must reach nobody, on a connection that closes. */
async function refused(bytes: string): Promise<string> {
  const before = upstream.seen.length;
  const answer = await rawSend(rig.data, bytes);
  expect(upstream.seen.length, 'calls that reached the upstream').toBe(before);
  expect(answer.match(/HTTP\/1\.1 \d{3}/g), answer).toHaveLength(1);
  return answer;
}

const REFUSED = /^HTTP\/1\.1 400 .*"code":"MALFORMED_REQUEST"/s;

describe('1: Content-Length and Transfer-Encoding together', () => {
  it.each([
    `${POST}Content-Length: 5\r\n${CHUNKED}\r\n0\r\n\r\n`,
    `${POST}${CHUNKED}Content-Length: 5\r\n\r\n0\r\n\r\n`,
  ])('%j is refused and the connection closed', async (bytes) => {
    expect(await refused(bytes + SMUGGLED)).toMatch(REFUSED);
  });
});

describe('2: a Content-Length that can be read in two ways', () => {
  it.each(['5, 6', '5, 5', '+5', '-5', '0x5', '5 5', '', '12345678901234567890', '9999999999999999'])(
    '%j is refused',
    async (length) => {
      expect(await refused(`${POST}Content-Length: ${length}\r\n\r\nhello${SMUGGLED}`)).toMatch(REFUSED);
    },
  );

  it.each([
    ['5', '6'],
    ['5', '5'],
  ])('said twice, %s and %s, is refused', async (first, second) => {
    const bytes = `${POST}Content-Length: ${first}\r\nContent-Length: ${second}\r\n\r\nhello${SMUGGLED}`;
    expect(await refused(bytes)).toMatch(REFUSED);
  });
});

describe('2: a Content-Length with leading zeros', () => {
  it.each([7, 100_000])('of %d is forwarded, and answered, without them', async (length) => {
    const body = 'a'.repeat(length);
    upstream.server.once('request', (_, response) => response.setHeader('Content-Length', `00${length}`));
    const head = `${POST}Connection: close\r\nContent-Length: 00${length}\r\n\r\n`;
    expect(await rawSend(rig.data, head + body)).toMatch(new RegExp(`\r\nContent-Length: ${length}\r\n`));
    expect(upstream.seen.at(-1)).toMatchObject({ body, headers: { 'content-length': String(length) } });
  });
});

describe('3: a Transfer-Encoding other than chunked, once', () => {
  it.each([
    'xchunked',
    'chunked, identity',
    'chunked, chunked',
    'identity',
    'gzip, chunked',
    ', chunked',
    'chunked;q=1',
    '"chunked"',
    '\x0bchunked',
    '',
    'chunked\r\nTransfer-Encoding: chunked',
    'identity\r\nTransfer-Encoding: chunked',
    'chunked\r\nTransfer-Encoding: identity',
  ])('%j is refused', async (coding) => {
    const bytes = `${POST}Transfer-Encoding: ${coding}\r\n\r\n5\r\nhello\r\n0\r\n\r\n${SMUGGLED}`;
    expect(await refused(bytes)).toMatch(/^HTTP\/1\.1 (?:400|501) /);
  });

  it('is refused in HTTP/1.0', async () => {
    const bytes = `POST /billing/x HTTP/1.0\r\n${CHUNKED}\r\n5\r\nhello\r\n0\r\n\r\n${SMUGGLED}`;
    expect(await refused(bytes)).toMatch(REFUSED);
  });
});

describe('4: a chunked body', () => {
  it.each(['GET', 'DELETE', 'OPTIONS', 'HEAD', 'POST', 'PUT', 'PATCH', 'PROPFIND', 'QUERY'])(
    'of %s arrives as it was sent, and nothing of it is taken for another request',
    async (method) => {
      const before = upstream.seen.length;
      const body = 'GET /billing/smuggled HTTP/1.1\r\nHost: a\r\n\r\n';
      const chunks = `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`;
      const head = `${method} /billing/x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n${CHUNKED}`;
      expect(await rawSend(rig.data, `${head}\r\n${chunks}`)).toMatch(/^HTTP\/1\.1 200 /);
      expect(upstream.seen.slice(before)).toMatchObject([
        { method, url: '/billing/x', body, headers: { 'transfer-encoding': 'chunked' } },
      ]);
      expect(upstream.seen.at(-1)?.headers).not.toHaveProperty('content-length');
    },
  );

  it('that comes in pieces arrives chunked', async () => {
    const before = upstream.seen.length;
    const client = await rawConnect(rig.data);
    const arrived = new Promise<void>((resolve) =>
      upstream.server.once('request', (request) => request.once('data', () => resolve())),
    );
    client.send(`DELETE /billing/x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n${CHUNKED}\r\n5\r\nhello\r\n`);
    await arrived;
    client.send('6\r\n world\r\n0\r\n\r\n');
    expect(await client.all()).toMatch(/hello world$|hello world\r\n0\r\n\r\n$/);
    expect(upstream.seen.slice(before)).toMatchObject([{ headers: { 'transfer-encoding': 'chunked' } }]);
  });
});

describe('5: a chunk that can be read in two ways', () => {
  it.each([
    '0x5\r\nhello\r\n0\r\n\r\n',
    '5_0\r\nhello\r\n0\r\n\r\n',
    '-5\r\nhello\r\n0\r\n\r\n',
    '+5\r\nhello\r\n0\r\n\r\n',
    '5 \r\nhello\r\n0\r\n\r\n',
    '11111111111111111\r\nhello\r\n0\r\n\r\n',
    '5\nhello\r\n0\r\n\r\n',
    '5\rhello\r\n0\r\n\r\n',
    '5\r\nhello\n0\r\n\r\n',
    '5\r\nhelloXX\r\n0\r\n\r\n',
    '5;a\nb\r\nhello\r\n0\r\n\r\n',
    '5;\n\r\nhello\r\n0\r\n\r\n',
    '5;a="\n"\r\nhello\r\n0\r\n\r\n',
    '5\r\nhello\r\n0\n\n',
    '5\r\nhello\r\n0\r\nContent-Length: 9\r\n\r\n',
  ])('%j is refused, and the upstream never has a whole request', async (chunks) => {
    expect(await refused(`${POST}${CHUNKED}\r\n${chunks}${SMUGGLED}`)).toMatch(REFUSED);
  });
});

describe('6: a header that can be read in two ways', () => {
  it.each([
    `${GET}X : a\r\n\r\n`,
    'GET /billing/x HTTP/1.1\r\nHost : a\r\n\r\n',
    `${GET}X: a\r\n b\r\n\r\n`,
    'GET /billing/x HTTP/1.1\r\n Host: a\r\n\r\n',
    `${GET}X: a\0b\r\n\r\n`,
    `${GET}X: a\rb\r\n\r\n`,
    `${GET}X: a\x01b\r\n\r\n`,
    `${GET}X: a\nY: b\r\n\r\n`,
    'GET /billing/x HTTP/1.1\nHost: a\r\n\r\n',
    'GET /billing/x HTTP/1.1\nHost: a\n\n',
    `${GET}\n`,
    `${GET}: b\r\n\r\n`,
    `${GET}no colon\r\n\r\n`,
    `${GET}X(Y: b\r\n\r\n`,
  ])('%j is refused', async (bytes) => {
    expect(await refused(bytes)).toMatch(REFUSED);
  });
});

describe('7: Host', () => {
  it.each([
    '',
    'Host: a\r\nHost: b\r\n',
    'Host: a\r\nHost: a\r\n',
    'Host: user@a\r\n',
    'Host: a/b\r\n',
    'Host: a:x\r\n',
    'Host: a, b\r\n',
    'Host: a b\r\n',
    'Host: \r\n',
    'Host: [::1\r\n',
  ])('%j is refused', async (host) => {
    expect(await refused(`GET /billing/x HTTP/1.1\r\n${host}\r\n`)).toMatch(REFUSED);
  });

  it.each(['a', 'a:80', '127.0.0.1:8080', '[::1]:8080', 'my_service.internal'])(
    '%s arrives as it was sent',
    async (host) => {
      await rawSend(rig.data, `GET /billing/x HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
      expect(upstream.seen.at(-1)?.headers).toMatchObject({ host, 'x-forwarded-host': host });
    },
  );

  it.each(['GET /billing/x HTTP/2.0\r\nHost: a\r\n\r\n', 'GET /billing/x\r\n\r\n'])(
    '%j is of another HTTP and refused',
    async (bytes) => {
      expect(await refused(bytes)).toMatch(/^HTTP\/1\.1 505 .*"code":"VERSION_NOT_SUPPORTED"/s);
    },
  );
});

it('8: a Trailer without a chunked body is passed over', async () => {
  expect(await rawSend(rig.data, `${GET}Trailer: x\r\nConnection: close\r\n\r\n`)).toMatch(/^HTTP\/1\.1 200 /);
  expect(upstream.seen.at(-1)?.headers).not.toHaveProperty('trailer');
});

describe('9: a broken request target', () => {
  it.each([
    'http://[::1',
    '//',
    '/billing/%zz',
    '/billing/%00',
    '/billing/\xff',
    '/billing/a b',
    '/billing/\x01',
    '*',
    'x',
  ])('%j is refused and the gateway goes on', async (target) => {
    expect(await refused(`GET ${target} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`)).toMatch(/^HTTP\/1\.1 400 /);
    expect((await fetch(`${rig.data}/billing/x`)).status).toBe(200);
  });
});

it.each(['http://internal.example/billing/x', 'http://a/billing/x', 'https://user@a/billing/x', 'file:///etc/passwd'])(
  '10: the absolute-form %s is refused, whatever its authority',
  async (target) => {
    expect(await refused(`GET ${target} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`)).toMatch(/^HTTP\/1\.1 400 /);
  },
);

describe('11: a path', () => {
  it.each([
    '/billing/../adm',
    '/billing/%2e%2e/adm',
    '/billing/.%2E/adm',
    '/billing/\\..\\adm',
    '/billing/..%5cadm',
    '/billing/..;x=1/adm',
    '/billing/./x',
    '//billing/x',
    '/billing/x#y',
  ])('%s, which a program may read otherwise, is refused', async (target) => {
    const bytes = `GET ${target} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`;
    expect(await refused(bytes)).toMatch(/^HTTP\/1\.1 400 .*"code":"BAD_TARGET"/s);
  });

  it.each(['/billing/a;x=1', '/billing//x', '/billing/%C3%A9', '/billing/a.b?x=../..&y=%'])(
    '%s is forwarded as it was matched',
    async (target) => {
      await rawSend(rig.data, `GET ${target} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`);
      expect(upstream.seen.at(-1)?.url).toBe(target);
    },
  );

  it.each(['/billing;x=1/adm', '/billing%2fadm', '/BILLING/x'])('%s is not under /billing', async (target) => {
    const answer = await refused(`GET ${target} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`);
    expect(answer).toMatch(/^HTTP\/1\.1 404 .*"code":"NO_TYPE"/s);
  });
});

describe('12: a head that is too large', () => {
  it('of 70 kB of headers is refused with 431', async () => {
    expect(await refused(`${GET}X: ${'a'.repeat(70_000)}\r\n\r\n`)).toMatch(/^HTTP\/1\.1 431 .*"HEADERS_TOO_LARGE"/s);
  });

  it('of 200 headers is refused with 431', async () => {
    expect(await refused(`${GET}${'X: a\r\n'.repeat(200)}\r\n`)).toMatch(/^HTTP\/1\.1 431 .*"HEADERS_TOO_LARGE"/s);
  });

  it('of 100 kB of target is refused with 414', async () => {
    const bytes = `GET /billing/${'a'.repeat(100_000)} HTTP/1.1\r\nHost: a\r\n\r\n`;
    expect(await refused(bytes)).toMatch(/^HTTP\/1\.1 414 .*"TARGET_TOO_LONG"/s);
  });

  it('of a megabyte is refused without being read to its end', async () => {
    expect(await refused(`${GET}X: ${'a'.repeat(1 << 20)}`)).toMatch(/^HTTP\/1\.1 431 /);
  });
});
