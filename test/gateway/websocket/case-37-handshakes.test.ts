import { request as httpRequest } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { acceptOf } from '../../../src/gateway/websocket/handshake.ts';
import { billing, type GatewayRig, startRig } from '../../support/gateway-rig.ts';
import { rawExchange } from '../../support/raw-client.ts';
import { startUpstream, type Upstream, unusedAddress } from '../../support/upstream.ts';
import { dial, handshake, KEY } from './peers.ts';
import { useWebSocketRig } from './websocket-rig.ts';

const at = useWebSocketRig();

async function answer(first: string): Promise<string> {
  return (await dial(at.rig.data, first)).rest();
}

describe('37: a handshake that the protocol does not allow reaches nobody', () => {
  it.each([
    ['POST', handshake('/billing/feed', {}, 'POST')],
    ['a body', handshake('/billing/feed', { 'Content-Length': '2' })],
    ['no key', handshake('/billing/feed', { 'Sec-WebSocket-Key': null })],
    ['a short key', handshake('/billing/feed', { 'Sec-WebSocket-Key': 'c2hvcnQ=' })],
    ['two keys', handshake('/billing/feed', { 'sec-websocket-key': KEY })],
    ['HTTP/1.0', handshake('/billing/feed').replace('HTTP/1.1', 'HTTP/1.0')],
  ])('%s: 400', async (_, first) => {
    const before = at.legacy.peers.length;
    expect(await answer(first)).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n.*"code":"BAD_UPGRADE"/s);
    expect(at.legacy.peers).toHaveLength(before);
  });

  it('no Connection: Upgrade: 400', async () => {
    const first = handshake('/billing/feed', { Connection: 'close' });
    expect(await rawExchange(at.rig.data, first)).toMatch(/^HTTP\/1\.1 400 .*"code":"BAD_UPGRADE"/s);
  });

  it.each(['12', '13, 8', null])('version %s: 426, with the version that there is', async (version) => {
    const heard = await answer(handshake('/billing/feed', { 'Sec-WebSocket-Version': version }));
    expect(heard).toMatch(/^HTTP\/1\.1 426 Upgrade Required\r\n.*"code":"WEBSOCKET_VERSION"/s);
    expect(heard).toContain('\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n');
  });

  it('an answer of our own has a Date, as to every call', async () => {
    expect(await answer(handshake('/billing/feed', { 'Sec-WebSocket-Key': null }))).toMatch(
      /\r\ndate: \w{3}, \d\d \w{3} \d{4} [\d:]{8} GMT\r\n/,
    );
  });

  it('a bad target or a type that nobody knows: as for every call', async () => {
    expect(await answer(handshake('/billing/../admin'))).toMatch(/^HTTP\/1\.1 400 .*"code":"BAD_TARGET"/s);
    expect(await answer(handshake('http://internal/billing/feed'))).toMatch(/^HTTP\/1\.1 400 .*"code":"BAD_TARGET"/s);
    expect(await answer(handshake('/shipping/feed'))).toMatch(/^HTTP\/1\.1 404 .*"code":"NO_TYPE"/s);
  });
});

describe('37: a 101 that opens no WebSocket is a 502', () => {
  const line = 'HTTP/1.1 101 Switching Protocols\r\n';
  const accept = `Sec-WebSocket-Accept: ${acceptOf(KEY)}\r\n`;
  it.each([
    ['a wrong accept', `${line}Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: bm9wZQ==\r\n\r\n`],
    ['no accept', `${line}Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n`],
    ['another protocol', `${line}Connection: Upgrade\r\nUpgrade: h2c\r\n${accept}\r\n`],
    ['no Upgrade', `${line}Connection: Upgrade\r\n${accept}\r\n`],
    ['no Connection: Upgrade', `${line}Upgrade: websocket\r\n${accept}\r\n`],
  ])('%s', async (_, response) => {
    at.legacy.on((peer) => peer.say(`${response}raw bytes`));
    const heard = await answer(handshake('/billing/feed'));
    expect(heard).toMatch(/^HTTP\/1\.1 502 Bad Gateway\r\n.*"code":"UPSTREAM_FAILED"/s);
    expect(heard).not.toContain('raw bytes');
    await at.legacy.peers.at(-1)?.rest();
  });
});

describe('other upgrades are declined by answering the request as it is', () => {
  let plain: Upstream;
  let plainRig: GatewayRig;
  beforeAll(async () => {
    plain = await startUpstream(({ method, body }, response) => void response.end(`${method} ${body}`));
    plainRig = await startRig(billing(plain.url, await unusedAddress()));
  });
  afterAll(async () => {
    await plainRig.close();
    await plain.close();
  });

  it('h2c, with a body, on a connection that lives on', async () => {
    const first =
      'POST /billing/a HTTP/1.1\r\nHost: test\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n' +
      'HTTP2-Settings: AAMAAABk\r\nContent-Length: 5\r\n\r\nhello';
    const second = 'GET /billing/b HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n';
    const client = await dial(plainRig.data, first);
    await client.until('POST hello');
    client.say(second);
    expect(await client.rest()).toMatch(/POST hello.*HTTP\/1\.1 200 OK.*GET /s);
    expect(plain.seen[0]?.headers).not.toHaveProperty('upgrade');
    expect(plain.seen[0]?.headers).not.toHaveProperty('http2-settings');
  });

  it('a WebSocket among others is a WebSocket', async () => {
    const asked = httpRequest(`${plainRig.data}/billing/feed`, {
      headers: { connection: 'Upgrade', upgrade: 'h2c, WebSocket', 'sec-websocket-version': '13' },
    });
    const { promise: status, resolve } = Promise.withResolvers<number | undefined>();
    asked.on('response', (response) => resolve(response.resume().statusCode));
    asked.end();
    expect(await status).toBe(400);
  });
});
