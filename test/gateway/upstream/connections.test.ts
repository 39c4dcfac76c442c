import { afterEach, beforeEach, expect, it } from 'vitest';
import { billing, type GatewayRig, startRig } from '../../support/gateway-rig.ts';
import { type RawSocket, type RawUpstream, rawSend, startRawUpstream } from '../../support/raw-socket.ts';
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
