import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { billing, type GatewayRig, startRig } from '../../support/gateway-rig.ts';
import { rawSend } from '../../support/raw-socket.ts';
import { startUpstream, type Upstream, unusedAddress } from '../../support/upstream.ts';

let upstream: Upstream;
let rig: GatewayRig;
let behindProxy: GatewayRig;
beforeAll(async () => {
  upstream = await startUpstream((_, response) => void response.end('ok'));
  const spec = billing(upstream.url, await unusedAddress());
  rig = await startRig(spec);
  behindProxy = await startRig(spec, { trustedProxies: ['127.0.0.0/8', '10.0.0.0/8', 'fd00::/8'] });
});
afterAll(async () => {
  await Promise.all([rig.close(), behindProxy.close()]);
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
    'HTTP2-Settings: AAMAAABkAAQAAP__',
    'Upgrade: h2c',
  ];

  it.each(OF_THE_HOP)('%s never reaches the upstream', async (header) => {
    const seen = await seenWith(`${header}\r\nConnection: Upgrade, HTTP2-Settings, TE\r\n`);
    expect(seen).not.toHaveProperty(header.split(':')[0]?.toLowerCase() ?? '');
  });

  it('an upgrade to h2c is passed over: the answer is plain HTTP/1.1', async () => {
    const head = 'GET /billing/x HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings, close\r\n';
    const answer = await rawSend(rig.data, `${head}Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n`);
    expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\n.*ok$/s);
  });

  it('never reach the client', async () => {
    const headers = OF_THE_HOP.filter((header) => !header.startsWith('Upgrade')).map((header) => header.split(': '));
    upstream.answer((_, response) => void response.writeHead(200, headers.flat()).end('ok'));
    const answer = await rawSend(rig.data, 'GET /billing/x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
    expect(answer).toMatch(/^HTTP\/1\.1 200 /);
    expect(answer).not.toMatch(/^(?:te|keep-alive|proxy-|http2-)/im);
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

  it.each([
    'X_Banyan_Mirror: 1\r\n',
    'X_Forwarded_For: 6.6.6.6\r\n',
    'Transfer_Encoding: chunked\r\n',
    'Content_Length: 5\r\n',
    'X-Tenant: a\r\nX_Tenant: b\r\n',
    'X_A-B: a\r\nX-A_B: b\r\n',
  ])('%j, which a program may read as another name, is refused', async (headers) => {
    const before = upstream.seen.length;
    const answer = await rawSend(rig.data, `GET /billing/x HTTP/1.1\r\nHost: a\r\n${headers}\r\n`);
    expect(answer).toMatch(/^HTTP\/1\.1 400 .*"code":"MALFORMED_REQUEST"/s);
    expect(upstream.seen).toHaveLength(before);
  });

  it('a name with _ that stands for no other is passed on, also twice', async () => {
    expect(await seenWith('x_tenant: a\r\nx_tenant: b\r\n')).toMatchObject({ x_tenant: 'a, b' });
  });
});
