import { afterEach, beforeEach, expect, it, onTestFinished } from 'vitest';
import { billing, type GatewayRig, startRig } from '../../support/gateway-rig.ts';
import {
  answering,
  ok,
  type RawSocket,
  type RawUpstream,
  rawConnect,
  rawSend,
  startRawUpstream,
} from '../../support/raw-socket.ts';
import { unusedAddress } from '../../support/upstream.ts';

const GET = 'GET /billing/x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n';

let upstream: RawUpstream;
let rig: GatewayRig;
beforeEach(async () => {
  upstream = await startRawUpstream();
  rig = await startRig(billing(upstream.url, await unusedAddress()));
});
afterEach(async () => {
  await rig.close();
  await upstream.close();
});

/** Answers every request of a connection with its number on it. */
const counting = (fields: string) => async (connection: RawSocket) => {
  for (let n = 1; ; n += 1) {
    const come = await connection.untilHeads(n).catch(() => null);
    if (come === null) return;
    connection.send(`HTTP/1.1 200 OK\r\n${fields}Content-Length: 1\r\n\r\n${n}`);
  }
};

const bodiesOf = async (calls: number) => {
  const bodies: string[] = [];
  for (let n = 0; n < calls; n += 1) bodies.push((await rawSend(rig.data, GET)).at(-1) ?? '');
  return bodies;
};

it('carry one call after the other', async () => {
  upstream.onConnection(counting(''));
  expect(await bodiesOf(3)).toEqual(['1', '2', '3']);
  expect(upstream.connections).toHaveLength(1);
});

it('are kept as long as the upstream says that it keeps them', async () => {
  upstream.onConnection(counting('Keep-Alive: timeout=20, max=9\r\n'));
  expect(await bodiesOf(2)).toEqual(['1', '2']);
});

it('are not used again when the upstream is about to close them', async () => {
  upstream.onConnection(counting('Keep-Alive: timeout=1\r\n'));
  expect(await bodiesOf(2)).toEqual(['1', '1']);
});

it.each(['Connection: close\r\n', 'Connection: x, CLOSE\r\n'])(
  'are closed when the upstream says %j',
  async (fields) => {
    upstream.onConnection(counting(fields));
    expect(await bodiesOf(2)).toEqual(['1', '1']);
    await upstream.connections[0]?.closed;
  },
);

it('that the upstream closes while they are idle carry nothing more', async () => {
  upstream.onConnection(counting(''));
  expect(await bodiesOf(1)).toEqual(['1']);
  await upstream.connections[0]?.end().closed;
  expect(await bodiesOf(1)).toEqual(['1']);
});

it('on which something is said unasked are closed: it could be taken for the next answer', async () => {
  upstream.onConnection(counting(''));
  expect(await bodiesOf(1)).toEqual(['1']);
  await upstream.connections[0]?.send('HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged').closed;
  expect(await bodiesOf(1)).toEqual(['1']);
});

/** Leaves three connections to the upstream that have each carried one call. */
async function openThree(of: GatewayRig, then: (connection: RawSocket) => unknown = () => undefined): Promise<void> {
  const all = Promise.withResolvers<void>();
  upstream.onConnection(async (connection) => {
    await connection.untilHeads(1);
    if (upstream.connections.length === 3) all.resolve();
    await all.promise;
    connection.send(ok());
    await then(connection);
  });
  await Promise.all(Array.from({ length: 3 }, () => rawSend(of.data, GET)));
}

it('are opened anew, all of them, once one has gone stale: a read is asked again, and a write does not meet the next', async () => {
  await openThree(rig, async (connection) => {
    await connection.untilHeads(2);
    connection.reset();
  });
  upstream.onConnection(answering(ok('anew')));
  expect(await rawSend(rig.data, GET)).toMatch(/anew$/);
  expect(upstream.connections).toHaveLength(4);
  const post = GET.replace('GET', 'POST').replace('\r\n\r\n', '\r\nContent-Length: 0\r\n\r\n');
  expect(await rawSend(rig.data, post)).toMatch(/anew$/);
});

it('stay when it is a client that breaks its call', async () => {
  const small = await startRig(billing(upstream.url, await unusedAddress()), { limits: { requestBodyBytesMax: 10 } });
  onTestFinished(() => small.close());
  await openThree(small);
  const upload = 'POST /billing/x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n';
  const client = (await rawConnect(small.data)).send(upload);
  await expect.poll(() => upstream.connections.filter(({ received }) => received.includes('hello')).length).toBe(1);
  client.send('9\r\ntoo long!\r\n');
  expect(await client.until(/BODY_TOO_LARGE/)).toMatch(/^HTTP\/1\.1 413 /);
  await expect.poll(() => upstream.connections.filter(({ socket }) => !socket.destroyed).length).toBe(2);
  client.destroy();
});

it('are new for a read that is asked again, at another instance too', async () => {
  const other = await startRawUpstream();
  const both = await startRig(billing({ instances: [upstream.url, other.url], tls: null }, await unusedAddress()));
  onTestFinished(async () => {
    await both.close();
    await other.close();
  });
  for (const one of [upstream, other]) {
    one.onConnection(async (connection) => {
      await connection.untilHeads(1);
      connection.send(ok());
      await connection.untilHeads(2);
      connection.reset();
    });
  }
  for (let n = 0; n < 2; n += 1) await rawSend(both.data, GET);
  for (const one of [upstream, other]) one.onConnection(answering(ok('anew')));
  expect(await rawSend(both.data, GET)).toMatch(/anew$/);
});

it('that are being opened are given up when their caller leaves, and their place is free', async () => {
  const silent = await startRig(billing(upstream.url.replace('http:', 'https:'), await unusedAddress()), {
    limits: { upstreamConnectionsMax: 1, upstreamQueueMax: 0 },
    timeouts: { connectMs: 600_000 },
  });
  onTestFinished(() => silent.close());
  for (let n = 0; n < 2; n += 1) {
    const client = (await rawConnect(silent.data)).send(GET);
    const connection = await upstream.connection(n);
    client.reset();
    await connection.closed;
    await expect.poll(() => silent.gateway.parts.types[0]?.primaryLegs.legacy.pending).toBe(0);
  }
  expect(silent.gateway.parts.counters.snapshot().client_aborts).toBe(2);
});

it('are closed when they say 100 more often than anybody can have asked', async () => {
  upstream.onConnection(async (connection) => {
    await connection.untilHeads(1);
    connection.send('HTTP/1.1 100 Continue\r\n\r\n'.repeat(101));
  });
  expect(await rawSend(rig.data, GET)).toMatch(/^HTTP\/1\.1 502 .*"code":"UPSTREAM_FAILED"/s);
  await upstream.connections[0]?.closed;
});

it('leave no timer when their answer is not wanted', async () => {
  const v2 = await startRawUpstream(async (connection) => {
    await connection.untilHeads(1);
    connection.send('HTTP/1.1 503 Busy\r\nContent-Length: 100000\r\n\r\nhalf');
  });
  upstream.onConnection(answering(ok('legacy')));
  const both = await startRig(billing(upstream.url, v2.url));
  onTestFinished(async () => {
    await both.close();
    await v2.close();
  });
  await both.stage('live');
  const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
  const ask = async () => expect(await rawSend(both.data, GET.replace('/x', '/invoices'))).toMatch(/legacy$/);
  await ask();
  const before = timers();
  for (let n = 0; n < 4; n += 1) await ask();
  expect(v2.connections).toHaveLength(5);
  await expect.poll(timers).toBeLessThanOrEqual(before);
});
