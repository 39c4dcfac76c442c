import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { billing, type GatewayRig, startRig } from '../../support/gateway-rig.ts';
import { answering, ok, type RawUpstream, rawConnect, startRawUpstream } from '../../support/raw-socket.ts';

// Node before 22.21 and 24.9 does not know the option, and takes every upgrade off its connection.
const old = vi.hoisted(() => ({ on: false }));
vi.mock('node:http', async (original) => {
  const http = await original<typeof import('node:http')>();
  return {
    ...http,
    createServer: ({ shouldUpgradeCallback, ...options }: import('node:http').ServerOptions) =>
      http.createServer(old.on ? options : { ...options, ...(shouldUpgradeCallback && { shouldUpgradeCallback }) }),
  };
});

let upstream: RawUpstream;
let rig: GatewayRig;

beforeEach(async () => {
  upstream = await startRawUpstream(answering(ok()));
});
afterEach(async () => {
  await rig.close();
  await upstream.close();
});

const start = async () => {
  rig = await startRig(billing(upstream.url, 'http://127.0.0.1:1'));
};
const OFFER = 'Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n';
const POST = `POST /billing/x HTTP/1.1\r\nHost: localhost\r\nX-Name: Zo\xeb\r\n${OFFER}`;

describe.each([
  ['a Node that can be asked', false],
  ['a Node that cannot', true],
])('on %s, a request that offers another protocol', (_, isOld) => {
  beforeEach(async () => {
    old.on = isOld;
    await start();
  });

  it('is answered as if it did not, body and all', async () => {
    upstream.onConnection(async (connection) => {
      await connection.until('hello');
      connection.send(ok());
    });
    const client = await rawConnect(rig.data);
    client.send(`${POST}Content-Length: 5\r\n\r\nhel`);
    client.send('lo');
    expect(await client.until('\r\n\r\nok')).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    const sent = upstream.connections[0]?.received ?? '';
    expect(sent).toMatch(/^POST \/billing\/x HTTP\/1\.1\r\n/);
    expect(sent).toContain('X-Name: Zo\xeb\r\n');
    expect(sent).not.toMatch(/upgrade|http2-settings/i);
    expect(sent).toMatch(/\r\n\r\nhello$/);
    client.destroy();
  });

  it('is answered when it is chunked, too', async () => {
    upstream.onConnection(async (connection) => {
      await connection.until('0\r\n\r\n');
      connection.send(ok());
    });
    const client = await rawConnect(rig.data);
    client.send(`${POST}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n`);
    await client.until('\r\n\r\nok');
    client.destroy();
  });

  it('leaves nothing behind that a stop would wait for', async () => {
    const client = await rawConnect(rig.data);
    await client.send(`GET /billing/x HTTP/1.1\r\nHost: localhost\r\n${OFFER}\r\n`).until('\r\n\r\nok');
    await rig.gateway.close();
    await client.closed;
  });
});
