import type { EventEmitter } from 'node:events';
import { Server } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { MigratedType } from '../../src/gateway/migrated-type.ts';
import { billing, type GatewayRig, startRig } from '../support/gateway-rig.ts';
import { ok, type RawSocket, type RawUpstream, rawConnect, startRawUpstream } from '../support/raw-socket.ts';
import { unusedAddress } from '../support/upstream.ts';
import { handshake, switching } from './websocket/peers.ts';

const CALLS = 1000;
const AT_ONCE = 50;

let upstream: RawUpstream;
let rig: GatewayRig;
beforeAll(async () => {
  upstream = await startRawUpstream(halfAnAnswer);
  rig = await startRig(billing(upstream.url, await unusedAddress()), { limits: { upstreamConnectionsMax: AT_ONCE } });
});
afterAll(async () => {
  await rig.close();
  await upstream.close();
});

/** Warnings of leaks are of this process: MaxListenersExceededWarning. */
const warnings: Error[] = [];
const note = (warning: Error) => warnings.push(warning);
beforeEach(() => {
  warnings.length = 0;
  process.on('warning', note);
});
afterEach(() => {
  process.off('warning', note);
  expect(warnings).toEqual([]);
});

/** Who waits for the upstream to have seen a path. */
const awaited = new Map<string, () => void>();

/** Some calls get no answer, others half of one; some WebSockets are opened. */
async function halfAnAnswer(connection: RawSocket): Promise<void> {
  const request = await connection.until('\r\n\r\n');
  const path = /^\w+ (\S+)/.exec(request)?.[1] ?? '';
  awaited.get(path)?.();
  awaited.delete(path);
  if (request.includes('/half')) connection.send('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf');
  if (request.includes('/open')) connection.send(`${switching()}hello`);
  if (request.includes('/refused')) connection.send('HTTP/1.1 403 Forbidden\r\nContent-Length: 100\r\n\r\nhalf');
}

function seenUpstream(path: string): Promise<void> {
  return new Promise((resolve) => awaited.set(path, resolve));
}

/** A client whose request has reached the upstream. */
async function asking(path: string, request: string): Promise<RawSocket> {
  const seen = seenUpstream(path);
  const client = (await rawConnect(rig.data)).send(request);
  await seen;
  return client;
}

const HEAD = ' HTTP/1.1\r\nHost: a\r\nX-Tenant: t\r\n';
const UPLOAD = 'Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n';
const EXPECTING = 'Expect: 100-continue\r\nContent-Length: 9\r\n\r\n';

type Leaver = (n: number) => Promise<RawSocket>;

async function leftAfter(n: number, method: string, rest: string): Promise<RawSocket> {
  return asking(`/billing/${method}/${n}`, `${method} /billing/${method}/${n}${HEAD}${rest}`);
}

/** Leave in a head, in an upload, before an answer and within one; by a reset, and in order. */
const CALLERS: readonly Leaver[] = [
  async (n) => (await rawConnect(rig.data)).send(`GET /billing/${n} HTTP/1.1\r\nHo`).reset(),
  async (n) => (await leftAfter(n, 'GET', '\r\n')).reset(),
  async (n) => (await leftAfter(n, 'GET', '\r\n')).end(),
  async (n) => (await leftAfter(n, 'POST', UPLOAD)).destroy(),
  async (n) => (await leftAfter(n, 'PUT', UPLOAD)).reset(),
  async (n) => (await leftAfter(n, 'PATCH', EXPECTING)).reset(),
  async (n) => (await rawConnect(rig.data)).send(`POST /billing/short/${n}${HEAD}Content-Length: 9\r\n\r\nhe`).reset(),
  async (n) => {
    const client = (await rawConnect(rig.data)).send(`GET /billing/half/${n}${HEAD}\r\n`);
    await client.until('half');
    return client.reset();
  },
];

async function opened(n: number, path: 'open' | 'refused', until: string): Promise<RawSocket> {
  const client = (await rawConnect(rig.data)).send(handshake(`/billing/${path}/${n}`));
  await client.until(until);
  return client;
}

/** Leave before the 101, with bytes of their own waiting or none, after it, and within a refusal. */
const UPGRADERS: readonly Leaver[] = [
  async (n) => (await rawConnect(rig.data)).send(handshake(`/billing/open/${n}`)).reset(),
  async (n) => (await asking(`/billing/silent/${n}`, handshake(`/billing/silent/${n}`))).reset(),
  async (n) => (await asking(`/billing/silent/${n}`, `${handshake(`/billing/silent/${n}`)}early`)).reset(),
  async (n) => (await asking(`/billing/silent/${n}`, handshake(`/billing/silent/${n}`))).end(),
  async (n) => (await opened(n, 'open', 'hello')).reset(),
  async (n) => (await opened(n, 'open', 'hello')).send('said').end(),
  async (n) => (await opened(n, 'refused', 'half')).reset(),
  async (n) => {
    const client = await opened(n, 'open', 'hello');
    upstream.connections.findLast(({ received }) => received.includes(`/open/${n} `))?.reset();
    return client;
  },
];

async function leave(leavers: readonly Leaver[]): Promise<void> {
  for (let begun = 0; begun < CALLS; begun += AT_ONCE) {
    const clients = await Promise.all(Array.from({ length: AT_ONCE }, (_, n) => leaver(leavers, begun + n)(begun + n)));
    await Promise.all(clients.map((client) => client.closed));
  }
}

function leaver(leavers: readonly Leaver[], n: number): Leaver {
  return leavers[n % leavers.length] as Leaver;
}

function active(resource: RegExp): number {
  return process.getActiveResourcesInfo().filter((name) => resource.test(name)).length;
}

/** Listeners of what outlives a call: the process and what listens on ports. */
function lastingListeners(): number {
  const handles = (process as unknown as { _getActiveHandles: () => readonly object[] })._getActiveHandles();
  const ports = handles.filter((handle) => handle instanceof Server);
  expect(ports.length).toBeGreaterThanOrEqual(2); // the gateway's and the upstream's
  return [process, ...ports].reduce((sum, emitter) => sum + listenersOf(emitter), 0);
}

function listenersOf(emitter: EventEmitter): number {
  return emitter.eventNames().reduce((sum, name) => sum + emitter.listenerCount(name), 0);
}

function leftOver() {
  const { primaryLegs, candidateLegs } = rig.gateway.parts.types[0] as MigratedType;
  const legs = [primaryLegs.legacy, primaryLegs.v2, candidateLegs.legacy, candidateLegs.v2];
  return {
    pending: legs.reduce((sum, { pending }) => sum + pending, 0),
    tunnels: rig.gateway.parts.tunnels.size,
    upstreamConnections: upstream.connections.filter(({ socket }) => !socket.destroyed).length,
    sockets: active(/^TCPSocketWrap$/),
    requests: active(/^(?:TCPConnect|Write|Shutdown)Wrap$/),
  };
}

const NOTHING = { pending: 0, tunnels: 0, upstreamConnections: 0, sockets: 0, requests: 0 };
/** All is given up within two seconds of the last that left; it takes some milliseconds. */
const POLL = { interval: 10, timeout: 2000 };

/** Nothing is left but what was there before: sockets, calls, timers, listeners. */
async function leavesNothing(leavers: readonly Leaver[]): Promise<void> {
  const before = { timers: active(/^Timeout$/), listeners: lastingListeners() };
  await leave(leavers);
  await rig.shadowIdle();
  await expect.poll(leftOver, POLL).toEqual(NOTHING);
  await expect.poll(() => active(/^Timeout$/), POLL).toBeLessThanOrEqual(before.timers);
  expect(lastingListeners()).toBeLessThanOrEqual(before.listeners);
}

describe.each(['off', 'shadow'] as const)('at %s', (stage) => {
  beforeAll(() => rig.stage(stage));

  it(`${CALLS} calls whose clients left leave no socket, timer, listener or call behind`, async () => {
    const aborts = () => rig.gateway.parts.counters.snapshot().client_aborts;
    const before = aborts();
    await leavesNothing(CALLERS);
    // All but those that had not sent a whole head.
    expect(aborts() - before).toBe(
      Array.from({ length: CALLS }, (_, n) => n).filter((n) => n % CALLERS.length > 0).length,
    );
  });

  it(`${CALLS} WebSockets that were given up leave no socket, timer, listener or tunnel behind`, async () => {
    await leavesNothing(UPGRADERS);
    const { upgrades_opened } = rig.gateway.parts.counters.snapshot();
    expect(upgrades_opened).toBeGreaterThanOrEqual(Math.floor((CALLS * 3) / UPGRADERS.length));
  });
});

it('connections that are used again collect no listeners', async () => {
  await rig.stage('off');
  upstream.onConnection(async (connection) => {
    for (let n = 1; ; n += 1) {
      await connection.untilHeads(n);
      connection.send(ok());
    }
  });
  const client = await rawConnect(rig.data);
  for (let n = 1; n <= 100; n += 1) {
    client.send(`GET /billing/again${HEAD}\r\n`);
    await client.until((received) => received.split(/\r\n\r\nok/).length > n);
  }
  const listeners = listenersOf(upstream.connections.at(-1)?.socket as EventEmitter);
  client.send(`GET /billing/again${HEAD}\r\n`);
  await client.until((received) => received.split(/\r\n\r\nok/).length > 101);
  expect(listenersOf(upstream.connections.at(-1)?.socket as EventEmitter)).toBe(listeners);
  client.destroy();
  await client.closed;
});
