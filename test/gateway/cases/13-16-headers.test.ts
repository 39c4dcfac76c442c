import type { ClientHttp2Session } from 'node:http2';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { dataTls } from '../../support/data-port-tls.ts';
import { billing, type GatewayRig, startRig } from '../../support/gateway-rig.ts';
import { http2Ask, http2Connect } from '../../support/http2-client.ts';
import { rawSend } from '../../support/raw-socket.ts';
import { startUpstream, type Upstream, unusedAddress } from '../../support/upstream.ts';

let upstream: Upstream;
let rig: GatewayRig;
let behindProxy: GatewayRig;
let secured: GatewayRig;
let http2: ClientHttp2Session;
beforeAll(async () => {
  upstream = await startUpstream((_, response) => void response.end('ok'));
  const spec = billing(upstream.url, await unusedAddress());
  rig = await startRig(spec);
  secured = await startRig(spec, { tls: dataTls() });
  http2 = await http2Connect(secured.data);
  behindProxy = await startRig(spec, { trustedProxies: ['127.0.0.0/8', '10.0.0.0/8', 'fd00::/8'] });
});
afterAll(async () => {
  http2.close();
  await Promise.all([rig.close(), behindProxy.close(), secured.close()]);
  await upstream.close();
});
afterEach(() => upstream.answer((_, response) => void response.end('ok')));

/** The headers of a GET as the upstream saw them. */
async function seenWith(headers: string, at = rig): Promise<Readonly<Record<string, unknown>>> {
  const before = upstream.seen.length;
  await rawSend(at.data, `GET /billing/x HTTP/1.1\r\nHost: a.example\r\n${headers}Connection: close\r\n\r\n`);
  expect(upstream.seen).toHaveLength(before + 1);
  return upstream.seen.at(-1)?.headers ?? {};
}

describe('13: what Connection names', () => {
  it('stays on the hop, in any spelling and however often Connection stands there', async () => {
    const seen = await seenWith(
      'Connection: X-Secret , x-more\r\nConnection: x-third\r\nX-Secret: 1\r\nx-MORE: 2\r\nX-Third: 3\r\nX-Kept: 4\r\n',
    );
    for (const name of ['x-secret', 'x-more', 'x-third']) expect(seen).not.toHaveProperty(name);
    expect(seen).toHaveProperty('x-kept', '4');
  });

  it('takes away neither what the gateway writes nor what frames the request', async () => {
    const names = 'X-Forwarded-For, X-Forwarded-Proto, Host, Content-Length';
    const seen = await seenWith(`Connection: close, ${names}\r\nX-Forwarded-For: 6.6.6.6\r\n`);
    expect(seen).toMatchObject({ host: 'a.example', 'x-forwarded-for': '127.0.0.1', 'x-forwarded-proto': 'http' });
  });

  it.each([5, 100_000])('takes nothing away that frames a body of %d bytes', async (length) => {
    const before = upstream.seen.length;
    const body = 'a'.repeat(length);
    const head =
      'POST /billing/x HTTP/1.1\r\nHost: a\r\nConnection: close, Content-Length, Transfer-Encoding, Host\r\n';
    const answer = await rawSend(rig.data, `${head}Content-Length: ${length}\r\n\r\n${body}`);
    expect(answer).toMatch(/^HTTP\/1\.1 200 /);
    const seen = upstream.seen.slice(before);
    expect(seen).toMatchObject([{ body, headers: { host: 'a', 'content-length': String(length) } }]);
    expect(seen[0]?.headers).not.toHaveProperty('transfer-encoding');
  });

  it.each([5, 100_000])('takes nothing away that frames an answer of %d bytes', async (length) => {
    const body = 'a'.repeat(length);
    upstream.answer((_, response) => {
      response.writeHead(200, ['Connection', 'close, Content-Length', 'Content-Length', String(length)]).end(body);
    });
    const answer = await rawSend(rig.data, 'GET /billing/x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
    expect(answer).toContain(`Content-Length: ${length}\r\n`);
    expect(answer).not.toMatch(/transfer-encoding/i);
    expect(answer.endsWith(`\r\n\r\n${body}`)).toBe(true);
  });

  it('stays on the hop of an answer too', async () => {
    upstream.answer((_, response) => {
      response.writeHead(200, ['Connection', 'close, X-Secret', 'X-Secret', '1', 'X-Kept', '2']).end('ok');
    });
    const answer = await rawSend(rig.data, 'GET /billing/x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
    expect(answer).toMatch(/X-Kept: 2\r\n/);
    expect(answer).not.toMatch(/x-secret/i);
  });
});

describe('14: headers of the hop', () => {
  const OF_THE_HOP = [
    'TE: trailers',
    'Keep-Alive: timeout=5',
    'Proxy-Authorization: Basic x',
    'Proxy-Connection: keep-alive',
    'Proxy-Authenticate: Basic',
    'Proxy-Features: x',
    'Proxy: http://127.0.0.1:1',
    'HTTP2-Settings: AAMAAABkAAQAAP__',
    'Upgrade: h2c',
  ];

  it.each(OF_THE_HOP)('%s never reaches the upstream', async (header) => {
    const seen = await seenWith(`${header}\r\n`);
    expect(seen).not.toHaveProperty(header.split(':')[0]?.toLowerCase() ?? '');
  });

  it('an upgrade to h2c is passed over: the answer is plain HTTP/1.1', async () => {
    const head = 'GET /billing/x HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings, close\r\n';
    const answer = await rawSend(rig.data, `${head}Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n`);
    expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\n.*ok$/s);
  });

  it('Proxy-Status is of the message, and passes both ways', async () => {
    expect(await seenWith('Proxy-Status: edge\r\n')).toHaveProperty('proxy-status', 'edge');
    upstream.answer((_, response) => void response.writeHead(200, { 'Proxy-Status': 'origin' }).end('ok'));
    const answer = await rawSend(rig.data, 'GET /billing/x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
    expect(answer).toContain('Proxy-Status: origin\r\n');
  });

  it('never reach the client', async () => {
    const headers = OF_THE_HOP.filter((header) => !header.startsWith('Upgrade')).map((header) => header.split(': '));
    upstream.answer((_, response) => void response.writeHead(200, headers.flat()).end('ok'));
    const answer = await rawSend(rig.data, 'GET /billing/x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
    expect(answer).toMatch(/^HTTP\/1\.1 200 /);
    expect(answer).not.toMatch(/^(?:te|proxy|http2-)|timeout=5/im);
  });
});

describe('15: what is said of earlier hops', () => {
  const SAID =
    'X-Forwarded-For: 6.6.6.6, 7.7.7.7\r\nX-Forwarded-Host: shop.example\r\nX-Forwarded-Proto: https\r\n' +
    'Forwarded: for=6.6.6.6;proto=https\r\n';

  it('by anybody is replaced', async () => {
    expect(await seenWith(SAID)).toMatchObject({
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-host': 'a.example',
      'x-forwarded-proto': 'http',
      forwarded: 'for=127.0.0.1;proto=http;host="a.example"',
    });
  });

  it('by a trusted proxy is added to', async () => {
    expect(await seenWith(SAID, behindProxy)).toMatchObject({
      'x-forwarded-for': '6.6.6.6, 7.7.7.7, 127.0.0.1',
      'x-forwarded-host': 'shop.example',
      'x-forwarded-proto': 'https',
      forwarded: 'for=6.6.6.6;proto=https, for=127.0.0.1;proto=http;host="a.example"',
    });
  });

  it('in several headers is one list', async () => {
    const seen = await seenWith('X-Forwarded-For: 6.6.6.6\r\nX-Forwarded-For: 7.7.7.7\r\n', behindProxy);
    expect(seen['x-forwarded-for']).toBe('6.6.6.6, 7.7.7.7, 127.0.0.1');
  });

  it('by nobody is said by the gateway', async () => {
    expect(await seenWith('')).toMatchObject({ 'x-forwarded-for': '127.0.0.1', 'x-forwarded-host': 'a.example' });
    expect(await seenWith('')).not.toHaveProperty('forwarded');
  });
});

describe('16: names by which the parts of Banyan speak', () => {
  it.each(['X-Banyan-Mirror', 'x-banyan-route', 'X-BANYAN-VARIANT'])('%s of a client is dropped', async (name) => {
    expect(await seenWith(`${name}: 1\r\n`)).not.toHaveProperty(name.toLowerCase());
  });

  const AMBIGUOUS = [
    'X_Banyan_Mirror: 1\r\n',
    'X_Forwarded_For: 6.6.6.6\r\n',
    'Transfer_Encoding: chunked\r\n',
    'Content_Length: 5\r\n',
    'Proxy_Authorization: Basic x\r\n',
    'X-Tenant: a\r\nX_Tenant: b\r\n',
    'X_A-B: a\r\nX-A_B: b\r\n',
    'X_Tenant: a\r\nX_Tenant: b\r\n',
    'X_Tenant: a\r\nx_tenant: a\r\n',
  ];

  describe.each([
    ['no body', 'GET', '', ''],
    ['a length', 'POST', 'Content-Length: 5\r\n', 'hello'],
    ['chunks', 'POST', 'Transfer-Encoding: chunked\r\n', '5\r\nhello\r\n0\r\n\r\n'],
  ])('of a request with %s', (_framing, method, framing, body) => {
    it.each(AMBIGUOUS)('%j, which a program may read as another name or twice, is refused', async (headers) => {
      const before = upstream.seen.length;
      const head = `${method} /billing/x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n${framing}${headers}\r\n`;
      expect(await rawSend(rig.data, head + body)).toMatch(/^HTTP\/1\.1 400 .*"code":"MALFORMED_REQUEST"/s);
      expect(upstream.seen).toHaveLength(before);
    });
  });

  describe.each([
    ['no body', 'GET', undefined],
    ['a body', 'POST', 'hello'],
  ])('of a request of HTTP/2 with %s', (_framing, method, body) => {
    it.each(AMBIGUOUS)('%j is refused', async (headers) => {
      const before = upstream.seen.length;
      const fields = headers
        .trim()
        .toLowerCase()
        .split('\r\n')
        .flatMap((line) => line.split(': '));
      const head = [':method', method, ':path', '/billing/x', ':authority', 'localhost', ...fields];
      const answer = await http2Ask(http2, head, body);
      expect([answer.status, answer.body]).toEqual([400, expect.stringContaining('"code":"MALFORMED_REQUEST"')]);
      expect(upstream.seen).toHaveLength(before);
    });
  });

  it('a name with _ that stands for no other is passed on', async () => {
    expect(await seenWith('x_tenant: a\r\n')).toMatchObject({ x_tenant: 'a' });
  });

  it('of an upstream never reach a client', async () => {
    upstream.answer((_, response) => void response.writeHead(200, ['X-Banyan-Side', 'v2', 'X-Kept', '1']).end('ok'));
    const answer = await rawSend(rig.data, 'GET /billing/x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
    expect(answer).toMatch(/X-Kept: 1\r\n/);
    expect(answer).not.toMatch(/x-banyan/i);
    const { rawHeaders } = await http2Ask(http2, [':method', 'GET', ':path', '/billing/x', ':authority', 'localhost']);
    expect(rawHeaders).toContain('x-kept');
    expect(rawHeaders).not.toContain('x-banyan-side');
  });
});
