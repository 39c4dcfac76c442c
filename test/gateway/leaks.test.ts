import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { MigratedType } from '../../src/gateway/migrated-type.ts';
import { billing, type GatewayRig, startRig } from '../support/gateway-rig.ts';
import { type RawSocket, type RawUpstream, rawConnect, startRawUpstream } from '../support/raw-socket.ts';
import { unusedAddress } from '../support/upstream.ts';

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

/** Who waits for the upstream to have seen a path. */
const awaited = new Map<string, () => void>();

/** Some calls get no answer, others half of one. */
async function halfAnAnswer(connection: RawSocket): Promise<void> {
  const request = await connection.until('\r\n\r\n');
  awaited.get(/^\w+ (\S+)/.exec(request)?.[1] ?? '')?.();
  if (request.includes('/half')) connection.send('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf');
}

function seenUpstream(path: string): Promise<void> {
  return new Promise((resolve) => awaited.set(path, resolve));
}

const HEAD = ' HTTP/1.1\r\nHost: a\r\nX-Tenant: t\r\n';

/** Leaves at one of five moments: before the answer, within it, within the body, and in order or not. */
const LEAVERS: readonly ((n: number) => Promise<RawSocket>)[] = [
  async (n) => (await sent(n, 'GET', '\r\n')).reset(),
  async (n) => (await sent(n, 'GET', '\r\n')).end(),
  async (n) => (await sent(n, 'POST', 'Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n')).destroy(),
  async (n) => {
    const client = (await rawConnect(rig.data)).send(`GET /billing/half/${n}${HEAD}\r\n`);
    await client.until('half');
    return client.reset();
  },
  async (n) => (await rawConnect(rig.data)).send(`POST /billing/short/${n}${HEAD}Content-Length: 9\r\n\r\nhe`).reset(),
];

/** A client whose request has reached the upstream. */
async function sent(n: number, method: string, rest: string): Promise<RawSocket> {
  const path = `/billing/${method}/${n}`;
  const seen = seenUpstream(path);
  const client = (await rawConnect(rig.data)).send(`${method} ${path}${HEAD}${rest}`);
  await seen;
  return client;
}

const POLL = { interval: 10, timeout: 20_000 };

async function leave(): Promise<void> {
  for (let begun = 0; begun < CALLS; begun += AT_ONCE) {
    const clients = await Promise.all(
      Array.from({ length: AT_ONCE }, (_, n) => LEAVERS[n % LEAVERS.length]?.(begun + n)),
    );
    await Promise.all(clients.map((client) => client?.closed));
  }
}

function active(resource: RegExp): number {
  return process.getActiveResourcesInfo().filter((name) => resource.test(name)).length;
}

function leftOver() {
  const { primaryLegs, candidateLegs } = rig.gateway.parts.types[0] as MigratedType;
  const legs = [primaryLegs.legacy, primaryLegs.v2, candidateLegs.legacy, candidateLegs.v2];
  return {
    pending: legs.reduce((sum, { pending }) => sum + pending, 0),
    upstreamConnections: upstream.connections.filter(({ socket }) => !socket.destroyed).length,
    sockets: active(/^TCPSocketWrap$/),
    requests: active(/^(?:TCPConnect|Write|Shutdown)Wrap$/),
  };
}

const NOTHING = { pending: 0, upstreamConnections: 0, sockets: 0, requests: 0 };

describe.each(['off', 'shadow'] as const)('at %s', (stage) => {
  it(`${CALLS} calls whose clients left leave no socket, no timer and no call behind`, async () => {
    await rig.stage(stage);
    const timersBefore = active(/^Timeout$/);
    await leave();
    await rig.shadowIdle();
    await expect.poll(leftOver, POLL).toEqual(NOTHING);
    expect(active(/^Timeout$/)).toBeLessThanOrEqual(timersBefore);
    expect(rig.gateway.parts.counters.snapshot().client_aborts).toBeGreaterThanOrEqual((CALLS * 4) / 5);
  });
});

it('connections that are used again collect no listeners', async () => {
  await rig.stage('off');
  const warnings: Error[] = [];
  const note = (warning: Error) => warnings.push(warning);
  process.on('warning', note);
  upstream.onConnection(async (connection) => {
    for (let n = 1; ; n += 1) {
      await connection.untilHeads(n);
      connection.send('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
    }
  });
  const client = await rawConnect(rig.data);
  for (let n = 1; n <= 100; n += 1) {
    client.send(`GET /billing/again${HEAD}\r\n`);
    await client.until((received) => received.split(/\r\n\r\nok/).length > n);
  }
  client.destroy();
  await client.closed;
  process.off('warning', note);
  expect(warnings).toEqual([]);
});
