import { mkdtempSync, rmSync } from 'node:fs';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { billing, type GatewayRig, startRig } from '../../support/gateway-rig.ts';
import { rawSend } from '../../support/raw-socket.ts';
import { startUpstream, type Upstream, unusedAddress } from '../../support/upstream.ts';
import { dial, handshake, switching } from '../websocket/peers.ts';

let folder: string;
let upstream: Upstream;
let rig: GatewayRig;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'banyan-sock-'));
  upstream = await startUpstream((_, response) => response.end('by socket'), { socketPath: join(folder, 'app.sock') });
});
afterEach(async () => {
  await rig.close();
  await upstream.close();
  rmSync(folder, { recursive: true });
});

async function start(instance: string): Promise<void> {
  rig = await startRig(billing(instance, await unusedAddress()));
}

const HEAD = 'Host: client.says\r\nConnection: close\r\n';
const GET = `GET /billing/x?y=1 HTTP/1.1\r\n${HEAD}\r\n`;
const EXPECTING = `POST /billing/x HTTP/1.1\r\n${HEAD}Expect: 100-continue\r\nContent-Length: 4\r\n\r\nbody`;

it.each([
  ['a call', GET, '/billing/x?y=1'],
  ['a call with an expectation', EXPECTING, '/billing/x'],
])('%s goes to a socket of the file system, with the Host that the client wrote', async (_, request, target) => {
  await start(upstream.url);
  expect(await rawSend(rig.data, request)).toMatch(/HTTP\/1\.1 200 OK\r\n.*by socket/s);
  expect(upstream.seen[0]).toMatchObject({ url: target, headers: { host: 'client.says' } });
});

it.each([
  ['a call', GET, '/base/path/billing/x?y=1'],
  ['a call with an expectation', EXPECTING, '/base/path/billing/x'],
])('%s gets the path behind the second colon before its own', async (_, request, target) => {
  await start(`${upstream.url}:/base/path`);
  await rawSend(rig.data, request);
  expect(upstream.seen[0]?.url).toBe(target);
});

it('a WebSocket goes to a socket of the file system', async () => {
  const targets: (string | undefined)[] = [];
  upstream.server.on('upgrade', ({ url }, socket: Socket) => {
    targets.push(url);
    socket.write(switching());
    socket.pipe(socket);
  });
  await start(`${upstream.url}:/base`);
  const client = await dial(rig.data, `${handshake('/billing/feed')}hello`);
  expect(await client.until('hello')).toMatch(/^HTTP\/1\.1 101 /);
  expect(targets).toEqual(['/base/billing/feed']);
  client.socket.end();
  await client.end();
});

it('a call to a socket that is not there is a 502 that names it', async () => {
  await start(`unix:${folder}/none.sock`);
  const answer = await rawSend(rig.data, GET);
  expect(answer).toMatch(/^HTTP\/1\.1 502 .*"code":"UPSTREAM_REFUSED"/s);
  expect(answer).toContain(`${folder}/none.sock`);
});

it('a socket and a port can be instances of one side', async () => {
  const other = await startUpstream((_, response) => response.end('by port'));
  rig = await startRig(billing({ instances: [upstream.url, other.url], tls: null }, await unusedAddress()));
  expect([await rawSend(rig.data, GET), await rawSend(rig.data, GET)].map((answer) => answer.slice(-9).trim())).toEqual(
    ['by socket', 'by port'],
  );
  await other.close();
});
