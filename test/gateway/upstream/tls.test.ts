import { readFileSync } from 'node:fs';
import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { afterEach, describe, expect, it } from 'vitest';
import type { UpstreamTls } from '../../../src/contract/specs.ts';
import { billing, type GatewayRig, startRig } from '../../support/gateway-rig.ts';
import { rawSend } from '../../support/raw-socket.ts';
import { startUpstream, type Upstream, type UpstreamOptions, unusedAddress } from '../../support/upstream.ts';
import { dial, handshake, switching } from '../websocket/peers.ts';

const pem = (name: string) => readFileSync(new URL(`../../support/certificates/${name}.pem`, import.meta.url), 'utf8');
const served = (name: string) => ({ cert: pem(name), key: pem(`${name}-key`) });
const TRUSTING: UpstreamTls = { ca: pem('ca'), identity: null, servername: null, insecure: false };
const CLIENT = served('client');

let upstream: Upstream;
let rig: GatewayRig;
afterEach(async () => {
  await rig.close();
  await upstream.close();
});

/** A secured upstream that says its name to calls and echoes WebSockets, and a gateway before it. */
async function start(
  served: NonNullable<UpstreamOptions['tls']>,
  tls: UpstreamTls | null,
  host = '127.0.0.1',
): Promise<void> {
  upstream = await startUpstream((_, response) => response.end('secured'), { tls: served });
  acceptWebSockets(upstream.server);
  const url = upstream.url.replace('127.0.0.1', host);
  rig = await startRig(billing({ instances: [url], tls }, await unusedAddress()));
}

function acceptWebSockets(server: Server): void {
  server.on('upgrade', (_, socket: Socket) => {
    socket.write(switching());
    socket.pipe(socket);
  });
}

const GET = 'GET /billing/x HTTP/1.1\r\nHost: client.says\r\nConnection: close\r\n\r\n';
const EXPECTING =
  'POST /billing/x HTTP/1.1\r\nHost: client.says\r\nConnection: close\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\nbody';

const WAYS: readonly (readonly [string, () => Promise<string>])[] = [
  ['a call', () => rawSend(rig.data, GET)],
  ['a call with an expectation', () => rawSend(rig.data, EXPECTING)],
  ['a WebSocket', openAndLeave],
];

async function openAndLeave(): Promise<string> {
  const client = await dial(rig.data, handshake('/billing/feed'));
  // Banyan's own answers have a body behind the head.
  const answer = await Promise.race([client.until(' 101 '), client.rest()]);
  client.socket.destroy();
  return answer;
}

/** What the upstream saw of each secured connection as it began. */
function watchConnections(): readonly {
  readonly name: string | false | null;
  readonly peer: unknown;
  readonly reused: boolean;
}[] {
  const seen: { name: string | false | null; peer: unknown; reused: boolean }[] = [];
  upstream.server.on('secureConnection', (socket: TLSSocket) => {
    const peer = socket.getPeerCertificate().subject?.CN;
    seen.push({ name: socket.servername, peer, reused: socket.isSessionReused() });
  });
  return seen;
}

describe.each(WAYS.slice(0, 2))('%s over TLS', (_, send) => {
  it('is answered, and has the Host that the client wrote', async () => {
    await start(served('localhost'), TRUSTING);
    expect(await send()).toMatch(/HTTP\/1\.1 200 OK\r\n.*secured/s);
    expect(upstream.seen[0]?.headers.host).toBe('client.says');
  });
});

it('a WebSocket over TLS passes both ways', async () => {
  await start(served('localhost'), TRUSTING, 'localhost');
  const client = await dial(rig.data, `${handshake('/billing/feed')}hello`);
  expect(await client.until('hello')).toMatch(/^HTTP\/1\.1 101 /);
  client.socket.end();
  await client.end();
});

describe.each(WAYS)('%s: a certificate that does not hold is a 502, and nothing is sent', (_, send) => {
  it.each<readonly [string, string, UpstreamTls | null, string, RegExp]>([
    ['an unknown authority', 'localhost', null, '127.0.0.1', /unable to verify the first certificate/],
    ['another name', 'elsewhere', TRUSTING, 'localhost', /for \\"localhost\\": Hostname.*DNS:elsewhere\.test/],
    ['an address it is not for', 'elsewhere', TRUSTING, '127.0.0.1', /for \\"127\.0\.0\.1\\": .*127\.0\.0\.1/],
    ['a day long past', 'expired', TRUSTING, 'localhost', /for \\"localhost\\": certificate has expired/],
  ])('%s', async (_what, certificate, tls, host, problem) => {
    await start(served(certificate), tls, host);
    const bytes: Buffer[] = [];
    upstream.server.on('secureConnection', (socket: TLSSocket) => socket.on('data', (chunk) => bytes.push(chunk)));
    const answer = await send();
    expect(answer).toMatch(/^HTTP\/1\.1 502 .*"code":"UPSTREAM_REFUSED","message":"legacy: the certificate of https:/s);
    expect(answer).toMatch(problem);
    expect(upstream.seen).toEqual([]);
    expect(Buffer.concat(bytes).toString('latin1')).toBe('');
  });
});

describe.each(WAYS)('%s: TLS as the config has it', (_, send) => {
  it('takes the certificate of another name when told to', async () => {
    await start(served('elsewhere'), { ...TRUSTING, servername: 'elsewhere.test' });
    const seen = watchConnections();
    expect(await send()).toMatch(/^HTTP\/1\.1 (?:200|100|101) /);
    expect(seen).toEqual([expect.objectContaining({ name: 'elsewhere.test' })]);
  });

  it('takes any certificate when told not to check', async () => {
    await start(served('expired'), { ca: null, identity: null, servername: null, insecure: true });
    expect(await send()).toMatch(/^HTTP\/1\.1 (?:200|100|101) /);
  });

  it('shows its own certificate to an upstream that asks', async () => {
    const asking = { ...served('localhost'), ca: pem('ca'), requestCert: true, rejectUnauthorized: true };
    await start(asking, { ...TRUSTING, identity: CLIENT });
    const seen = watchConnections();
    expect(await send()).toMatch(/^HTTP\/1\.1 (?:200|100|101) /);
    expect(seen).toEqual([expect.objectContaining({ peer: 'client' })]);
  });

  it('is a 502 without the certificate that the upstream asks for', async () => {
    const asking = { ...served('localhost'), ca: pem('ca'), requestCert: true, rejectUnauthorized: true };
    await start(asking, TRUSTING);
    expect(await send()).toMatch(/^HTTP\/1\.1 502 /);
    expect(upstream.seen).toEqual([]);
  });
});

it('a plain upstream behind https:// is a 502 that says so', async () => {
  upstream = await startUpstream((_, response) => response.end('plain'));
  const url = upstream.url.replace('http:', 'https:');
  rig = await startRig(billing({ instances: [url], tls: TRUSTING }, await unusedAddress()));
  expect(await rawSend(rig.data, GET)).toMatch(/^HTTP\/1\.1 502 .*"message":"legacy: no TLS with https:/s);
});

it('a connection is used again, and another one resumes its session', async () => {
  await start(served('localhost'), TRUSTING);
  const seen = watchConnections();
  await rawSend(rig.data, GET);
  await rawSend(rig.data, GET);
  expect(seen).toHaveLength(1);
  await openAndLeave(); // WebSockets have connections of their own
  expect(seen.map(({ reused }) => reused)).toEqual([false, true]);
});

it('an instance whose certificate does not hold is passed over, and left alone after five calls', async () => {
  await start(served('expired'), TRUSTING);
  const sound = await startUpstream((_, response) => response.end('sound'), { tls: served('localhost') });
  await rig.close();
  const both = { instances: [upstream.url, sound.url], tls: TRUSTING };
  rig = await startRig(billing(both, await unusedAddress()));
  for (let calls = 0; calls < 8; calls += 1) expect(await rawSend(rig.data, GET)).toMatch(/sound$/);
  expect(rig.gateway.parts.types[0]?.instances().legacy.calls.map(({ state }) => state)).toEqual(['out', 'in']);
  await sound.close();
});
