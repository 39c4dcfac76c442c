import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { billing, type GatewayRig, startRig } from '../support/gateway-rig.ts';
import { rawRequest } from '../support/raw-client.ts';
import { startUpstream, type Upstream, unusedAddress } from '../support/upstream.ts';

const BINARY = Buffer.from(Array.from({ length: 70_000 }, (_, n) => (n * 31) % 256));

/** Answers that a proxy could get wrong, by path. */
const ANSWERS: Readonly<Record<string, (response: import('node:http').ServerResponse) => void>> = {
  '/billing/json': (response) => {
    response.writeHead(200, ['Content-Type', 'application/json', 'X-Mixed-Case', 'Yes', 'content-length', '16']);
    response.end('{"n":1.0,"a" :2}');
  },
  '/billing/binary': (response) => response.writeHead(200, { 'content-type': 'application/octet-stream' }).end(BINARY),
  '/billing/gzip': (response) =>
    response.writeHead(200, { 'content-encoding': 'gzip', etag: 'W/"1"' }).end(gzipSync('hello '.repeat(1000))),
  '/billing/cookies': (response) =>
    response.writeHead(200, ['set-cookie', 'a=1; Expires=Wed, 21 Oct 2026 07:28:00 GMT', 'set-cookie', 'b=2']).end('x'),
  '/billing/empty': (response) => response.writeHead(204).end(),
  '/billing/not-modified': (response) => response.writeHead(304, { etag: '"1"' }).end(),
  '/billing/reason': (response) => response.writeHead(422, 'No Way').end('no'),
  '/billing/latin1': (response) => response.writeHead(200, { 'x-name': 'J\u00fcrgen' }).end(),
  '/billing/dated': (response) => response.writeHead(200, { date: 'Tue, 01 Jan 2019 00:00:00 GMT' }).end('old'),
  '/billing/error': (response) => response.writeHead(500, { 'content-type': 'text/plain' }).end('broken'),
};

let upstream: Upstream;
let rig: GatewayRig;
beforeAll(async () => {
  upstream = await startUpstream(({ url }, response) => {
    response.sendDate = false;
    (ANSWERS[url.split('?')[0] ?? ''] ?? ((other) => other.writeHead(404).end(`no ${url}`)))(response);
  });
  rig = await startRig(billing(upstream.url, await unusedAddress()));
});
afterAll(async () => {
  await rig.close();
  await upstream.close();
});

/** Head and body without what belongs to the connection. */
function message(raw: string): string {
  const [head = '', ...rest] = raw.split('\r\n\r\n');
  const lines = head.split('\r\n').filter((line) => !/^(connection|keep-alive|transfer-encoding):/i.test(line));
  const chunked = /^transfer-encoding: chunked$/im.test(head);
  return `${lines.join('\n')}\n\n${chunked ? unchunk(rest.join('\r\n\r\n')) : rest.join('\r\n\r\n')}`;
}

function unchunk(text: string): string {
  let rest = text;
  let body = '';
  for (;;) {
    const end = rest.indexOf('\r\n');
    const size = Number.parseInt(rest.slice(0, end), 16);
    if (!(size > 0)) return body;
    body += rest.slice(end + 2, end + 2 + size);
    rest = rest.slice(end + 2 + size + 2);
  }
}

describe('at off', () => {
  it.each(Object.keys(ANSWERS).flatMap((path) => [['GET', path] as const, ['HEAD', path] as const]))(
    '%s %s is the direct answer, byte for byte',
    async (method, path) => {
      const head = `${method} ${path}?q=%20a HTTP/1.1`;
      const [direct, through] = await Promise.all([rawRequest(upstream.url, head), rawRequest(rig.data, head)]);
      expect(message(through)).toBe(message(direct));
    },
  );

  it('requests arrive as they were sent', async () => {
    const body = '{"a": 1.0}';
    await rawRequest(
      rig.data,
      `POST /billing/json?x=1&y HTTP/1.1\r\nContent-Length: ${body.length}\r\nX-One: a\r\nX-One: b\r\nCookie: s=1`,
      body,
    );
    const seen = upstream.seen.at(-1);
    expect(seen).toMatchObject({ method: 'POST', url: '/billing/json?x=1&y', body });
    expect(seen?.rawHeaders.join('|')).toContain('X-One|a|X-One|b|Cookie|s=1|');
  });

  it('chunked requests arrive whole, with every method', async () => {
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']) {
      await rawRequest(
        rig.data,
        `${method} /billing/json HTTP/1.1\r\nTransfer-Encoding: chunked`,
        '5\r\nhello\r\n0\r\n\r\n',
      );
      expect(upstream.seen.at(-1)).toMatchObject({ method, body: 'hello' });
    }
  });

  it('headers of the connection, forged forwarding headers and our own stay behind', async () => {
    await rawRequest(
      rig.data,
      'GET /billing/json HTTP/1.1\r\nConnection: x-secret, close\r\nX-Secret: 1\r\nTE: trailers\r\nProxy-Authorization: x\r\n' +
        'X-Forwarded-For: 6.6.6.6\r\nForwarded: for=6.6.6.6\r\nX-Banyan-Mirror: 1',
    );
    const headers = upstream.seen.at(-1)?.headers ?? {};
    expect(headers).not.toHaveProperty('x-secret');
    expect(headers).not.toHaveProperty('te');
    expect(headers).not.toHaveProperty('proxy-authorization');
    expect(headers).not.toHaveProperty('x-banyan-mirror');
    expect(headers['x-forwarded-for']).toBe('127.0.0.1');
    expect(headers.forwarded).toBe('for=127.0.0.1;proto=http;host="test"');
  });

  it.each(['GET /billing/../admin HTTP/1.1', 'GET http://internal/billing/json HTTP/1.1', 'GET /billing/%zz HTTP/1.1'])(
    '%s is refused and reaches nobody',
    async (head) => {
      const before = upstream.seen.length;
      expect(await rawRequest(rig.data, head)).toMatch(/^HTTP\/1\.1 400 .*"code":"BAD_TARGET"/s);
      expect(upstream.seen).toHaveLength(before);
    },
  );

  it('what no type claims is answered with a hint', async () => {
    const response = await fetch(`${rig.data}/billings`);
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({
      error: { code: 'NO_TYPE', hint: expect.stringContaining('x-orchestrator-type') },
    });
  });

  it('a request that is no HTTP gets a 400 and the gateway goes on', async () => {
    expect(await rawRequest(rig.data, 'NONSENSE')).toMatch(/^HTTP\/1\.1 400 /);
    expect((await fetch(`${rig.data}/billing/json`)).status).toBe(200);
    expect(rig.gateway.parts.counters.snapshot().malformed_requests).toBe(1);
  });
});
