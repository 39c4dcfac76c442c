import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DEFAULT_LIMITS, DEFAULT_TIMEOUTS } from '../../../src/contract/limits.ts';
import type { Upstream as Side } from '../../../src/contract/specs.ts';
import { billing, type GatewayRig, type RigOptions, startRig } from '../../support/gateway-rig.ts';
import { rawConnect, rawSend } from '../../support/raw-socket.ts';
import { startUpstream, type Upstream, unusedAddress } from '../../support/upstream.ts';
import { dial, echo, handshake, startRawUpstream } from '../websocket/peers.ts';

let one: Upstream;
let two: Upstream;
let nobody: string;
let rig: GatewayRig;
const rigs: GatewayRig[] = [];
const clock = { ms: 0 };

beforeEach(async () => {
  one = await startUpstream((_, response) => response.end('one'));
  two = await startUpstream((_, response) => response.end('two'));
  nobody = await unusedAddress();
});
afterEach(async () => {
  await Promise.all(rigs.splice(0).map((each) => each.close()));
  await Promise.all([one.close(), two.close()]);
});

const sideOf = (...instances: readonly string[]): Side => ({ instances, tls: null });

async function startAt(instances: readonly string[], options: RigOptions = {}): Promise<GatewayRig> {
  clock.ms = 0;
  rig = await startRig(billing(sideOf(...instances), await unusedAddress()), { ...options, elapsedMs: () => clock.ms });
  rigs.push(rig);
  return rig;
}

const GET = 'GET /billing/x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n';
const UPLOAD = 'POST /billing/x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n';
const bodyOf = (answer: string) => answer.split('\r\n\r\n')[1];
const get = async () => bodyOf(await rawSend(rig.data, GET));
const legOf = (side: 'legacy' | 'v2' = 'legacy') => {
  const leg = rig.gateway.parts.types[0]?.primaryLegs[side];
  if (leg === undefined) throw new Error('there is no leg');
  return leg;
};
const counted = () => rig.gateway.parts.counters.snapshot();

describe('several instances', () => {
  it('take turns while they are equally busy', async () => {
    await startAt([one.url, two.url]);
    const answers = [await get(), await get(), await get(), await get()];
    expect(answers).toEqual(['one', 'two', 'one', 'two']);
  });

  it('get calls by how few they have under way: a slow one gets none while it is busier', async () => {
    await startAt([one.url, two.url]);
    const held: ServerResponse[] = [];
    one.answer((_, response) => held.push(response));
    const asked = once(one.server, 'request');
    const slow = get();
    await asked;
    expect(
      legOf()
        .view()
        .map(({ underWay }) => underWay),
    ).toEqual([1, 0]);
    for (let calls = 0; calls < 10; calls += 1) expect(await get()).toBe('two');
    for (const response of held) response.end('late');
    expect(await slow).toBe('late');
    expect(
      legOf()
        .view()
        .map(({ underWay }) => underWay),
    ).toEqual([0, 0]);
  });

  it('share one bound of connections, and one line of those that wait', async () => {
    const narrow = { upstreamConnectionsMax: 1, upstreamQueueMax: 1 };
    await startAt([one.url, two.url], { limits: narrow });
    const held: ServerResponse[] = [];
    one.answer((_, response) => held.push(response));
    const asked = once(one.server, 'request');
    const first = get();
    await asked;
    const second = get();
    await expect.poll(() => legOf().pending).toBe(2);
    expect(await rawSend(rig.data, GET)).toMatch(/^HTTP\/1\.1 503 .*UPSTREAM_OVERLOADED/s);
    for (const response of held) response.end('late');
    // The connection that the first one leaves is given up for one to the other instance.
    expect([await first, await second]).toEqual(['late', 'two']);
    expect(two.seen).toHaveLength(1);
  });

  it.each([
    ['a call', GET, 2],
    ['an upload', UPLOAD, 2],
    ['an upload to a single instance', UPLOAD, 1],
  ])('let go of %s that waits when its client leaves', async (_, request, count) => {
    await startAt([one.url, two.url].slice(0, count), { limits: { upstreamConnectionsMax: 1 } });
    one.answer(() => undefined);
    const asked = once(one.server, 'request');
    const first = (await rawConnect(rig.data)).send(GET);
    await asked;
    const second = (await rawConnect(rig.data)).send(request);
    await expect.poll(() => legOf().pending).toBe(2);
    second.reset();
    await expect.poll(() => legOf().pending).toBe(1);
    first.destroy();
    const underWay = () =>
      legOf()
        .view()
        .reduce((sum, instance) => sum + instance.underWay, 0);
    await expect.poll(() => legOf().pending + underWay()).toBe(0);
    expect(two.seen).toHaveLength(0);
  });

  it('end what is under way on them when another config names others', async () => {
    await startAt([one.url, two.url]);
    const held: ServerResponse[] = [];
    one.answer((_, response) => held.push(response));
    const asked = once(one.server, 'request');
    const slow = get();
    await asked;
    await rig.gateway.reconfigure({
      types: [billing(sideOf(two.url), await unusedAddress())],
      limits: DEFAULT_LIMITS,
      timeouts: DEFAULT_TIMEOUTS,
      trustedProxies: [],
    });
    expect([await get(), await get()]).toEqual(['two', 'two']);
    for (const response of held) response.end('late');
    expect(await slow).toBe('late');
    expect(rig.gateway.parts.types[0]?.upstreams().legacy).toBe(two.url);
  });
});

describe('39: an instance that takes no connection', () => {
  const length = (body: string) => `Content-Length: ${body.length}\r\n\r\n${body}`;
  const CHUNKED = 'Transfer-Encoding: chunked\r\n';
  const LONG = 'x'.repeat(200_000);

  it.each([
    ['GET', GET, ''],
    ['POST', `POST /billing/x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n${length('body')}`, 'body'],
    ['DELETE', 'DELETE /billing/x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n', ''],
    ['a long POST', `POST /billing/x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n${length(LONG)}`, LONG],
    [
      'an upload in chunks',
      `PUT /billing/x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n${CHUNKED}\r\n4\r\nbody\r\n0\r\n\r\n`,
      'body',
    ],
    [
      'an upload with trailers',
      `PUT /billing/x HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTrailer: X-Sum\r\n${CHUNKED}\r\n4\r\nbody\r\n0\r\nX-Sum: 1\r\n\r\n`,
      'body',
    ],
    [
      'an upload that waits for a 100',
      `POST /billing/x HTTP/1.1\r\nHost: a\r\nConnection: close\r\nExpect: 100-continue\r\n${length('body')}`,
      'body',
    ],
  ])('passes %s on to another one, whole', async (_, request, body) => {
    await startAt([nobody, two.url]);
    for (let calls = 1; calls <= 2; calls += 1) {
      expect(await rawSend(rig.data, request)).toMatch(/HTTP\/1\.1 200 OK\r\n.*two/s);
      expect(two.seen.at(-1)?.body).toBe(body);
      expect(counted().calls_failed_over).toBe(calls);
      expect(two.seen).toHaveLength(calls);
    }
  });

  it('passes on a WebSocket too, which counts as under way for as long as it is open', async () => {
    const feed = await startRawUpstream(echo);
    await startAt([nobody, feed.url]);
    const client = await dial(rig.data, `${handshake('/billing/feed')}hello`);
    expect(await client.until('hello')).toMatch(/^HTTP\/1\.1 101 /);
    expect(counted().calls_failed_over).toBe(1);
    expect(
      legOf()
        .view()
        .map(({ underWay }) => underWay),
    ).toEqual([0, 1]);
    client.socket.end();
    await client.end();
    await expect
      .poll(() =>
        legOf()
          .view()
          .map(({ underWay }) => underWay),
      )
      .toEqual([0, 0]);
    await feed.close();
  });

  it('and no other that does: 503 with Retry-After', async () => {
    await startAt([nobody, await unusedAddress()]);
    const answer = await rawSend(rig.data, GET);
    expect(answer).toMatch(
      /^HTTP\/1\.1 503 .*"code":"UPSTREAM_UNAVAILABLE","message":"legacy: none of its 2 instances/s,
    );
    expect(answer).toMatch(/^retry-after: 1\r$/im);
    const socket = await dial(rig.data, handshake('/billing/feed'));
    expect(await socket.rest()).toMatch(/^HTTP\/1\.1 503 .*retry-after: 1\r\n.*"code":"UPSTREAM_UNAVAILABLE"/s);
    expect(counted().upstreams_unavailable).toBe(2);
  });

  it('and no other that does, at V2: legacy answers, nothing was sent', async () => {
    const write = `POST /billing/x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n${length('body')}`;
    await startAt([one.url]);
    rig = await startRig(billing(one.url, sideOf(nobody, await unusedAddress())));
    rigs.push(rig);
    await rig.stage('live');
    expect(await rawSend(rig.data, write)).toMatch(/one$/);
    expect(counted()).toMatchObject({ fallbacks_to_legacy: 1, upstreams_unavailable: 1 });
  });

  it('because it never finishes its handshake is passed over after connectMs, and alone it is a 504', async () => {
    const silent = await startRawUpstream(() => undefined);
    const url = silent.url.replace('http:', 'https:');
    await startAt([url], { timeouts: { connectMs: 100 } });
    expect(await rawSend(rig.data, GET)).toMatch(/^HTTP\/1\.1 504 .*"message":"legacy: no connection within 100 ms"/s);
    expect(await (await dial(rig.data, handshake('/billing/feed'))).rest()).toMatch(/^HTTP\/1\.1 504 /);
    await startAt([url, two.url], { timeouts: { connectMs: 100 } });
    expect(await get()).toBe('two');
    expect(counted().calls_failed_over).toBe(1);
    await silent.close();
  });

  it('is the only one: 502, as ever', async () => {
    await startAt([nobody]);
    expect(await rawSend(rig.data, GET)).toMatch(/^HTTP\/1\.1 502 .*"code":"UPSTREAM_REFUSED"/s);
    expect(counted()).toMatchObject({ calls_failed_over: 0, upstreams_unavailable: 0 });
  });
});

describe('47: an instance that fails', () => {
  it('after it may have seen a call: nobody else gets that call', async () => {
    await startAt([one.url, two.url]);
    one.answer((_, response) => response.socket?.destroy());
    for (const method of ['GET', 'POST']) {
      const request = GET.replace('GET', method).replace('\r\n\r\n', '\r\nContent-Length: 0\r\n\r\n');
      expect(await rawSend(rig.data, request)).toMatch(/^HTTP\/1\.1 502 .*"code":"UPSTREAM_FAILED"/s);
      expect(await get()).toBe('two');
    }
    expect([one.seen.length, two.seen.length]).toEqual([2, 2]);
    expect(counted().calls_failed_over).toBe(0);
  });

  it('five times in a row gets no calls until its time is over, and the client no more errors', async () => {
    await startAt([one.url, two.url]);
    one.answer((_, response) => {
      response.statusCode = 503;
      response.end('no');
    });
    for (let calls = 0; calls < 10; calls += 1) await get();
    expect(legOf().view()).toEqual([
      { url: one.url, state: 'out', underWay: 0, failuresInARow: 0, ejections: 1, outForMs: 30_000 },
      { url: two.url, state: 'in', underWay: 0, failuresInARow: 0, ejections: 0, outForMs: null },
    ]);
    expect(counted().instances_ejected).toBe(1);
    for (let calls = 0; calls < 10; calls += 1) expect(await get()).toBe('two');
    expect(one.seen).toHaveLength(5);

    clock.ms = 30_000;
    expect(await get()).toBe('no');
    expect(legOf().view()[0]).toMatchObject({ state: 'out', ejections: 2, outForMs: 60_000 });
    one.answer((_, response) => response.end('well'));
    clock.ms = 90_000;
    expect(await get()).toBe('well');
    expect(legOf().view()[0]).toMatchObject({ state: 'in', outForMs: null });
  });

  it('is tried by one call alone, however many come', async () => {
    await startAt([one.url, two.url]);
    one.answer((_, response) => response.writeHead(502).end());
    for (let calls = 0; calls < 10; calls += 1) await get();
    const held: ServerResponse[] = [];
    one.answer((_, response) => held.push(response));
    clock.ms = 30_000;
    const asked = once(one.server, 'request');
    const trial = get();
    await asked;
    expect(legOf().view()[0]).toMatchObject({ state: 'trial', underWay: 1 });
    expect(await Promise.all(Array.from({ length: 20 }, get))).toEqual(Array.from({ length: 20 }, () => 'two'));
    for (const response of held) response.end('well');
    expect(await trial).toBe('well');
  });

  it('on WebSockets is left alone too, and one that is back gets them', async () => {
    const feed = await startRawUpstream(echo);
    await startAt([one.url, feed.url]);
    one.server.on('upgrade', (_, socket) => socket.destroy());
    const statuses = new Set<string | undefined>();
    for (let calls = 0; calls < 10; calls += 1) {
      const client = await dial(rig.data, handshake('/billing/feed'));
      statuses.add((await client.until('\r\n\r\n')).split(' ')[1]);
      client.socket.destroy();
    }
    expect(statuses).toEqual(new Set(['502', '101']));
    expect(
      legOf()
        .view()
        .map(({ state }) => state),
    ).toEqual(['out', 'in']);
    await feed.close();
  });

  it('is of no concern to copies, which judge for themselves', async () => {
    await startAt([one.url, two.url]);
    one.answer((_, response) => response.writeHead(503).end());
    for (let calls = 0; calls < 10; calls += 1) await get();
    const { calls, copies } = rig.gateway.parts.types[0]?.instances().legacy ?? {};
    expect([calls?.map(({ state }) => state), copies?.map(({ state }) => state)]).toEqual([
      ['out', 'in'],
      ['in', 'in'],
    ]);
  });

  it('is not to blame for clients that break their uploads', async () => {
    await startAt([one.url, two.url], { limits: { requestBodyBytesMax: 65_536 } });
    for (let calls = 0; calls < 12; calls += 1) {
      const leaver = (await rawConnect(rig.data)).send(UPLOAD);
      await expect.poll(() => legOf().pending).toBe(1);
      leaver.reset();
      await expect.poll(() => legOf().pending).toBe(0);
      const tooMuch = (await rawConnect(rig.data)).send(`${UPLOAD}${(70_000).toString(16)}\r\n${'x'.repeat(70_000)}`);
      await tooMuch.until(/^HTTP\/1\.1 413 /);
      tooMuch.destroy();
    }
    expect(
      legOf()
        .view()
        .map(({ state, failuresInARow }) => [state, failuresInARow]),
    ).toEqual([
      ['in', 0],
      ['in', 0],
    ]);
  });
});
