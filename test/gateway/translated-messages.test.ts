import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { WireOperation } from '../../src/contract/wire.ts';
import { BILLING_OPERATIONS, billing, type GatewayRig, startRig } from '../support/gateway-rig.ts';
import { rawConnect, rawSend } from '../support/raw-socket.ts';
import { type Answer, json, startUpstream, type Upstream } from '../support/upstream.ts';

const OPERATIONS: readonly WireOperation[] = [
  ...BILLING_OPERATIONS,
  { name: 'head', method: 'HEAD', path: '/billing/invoices/:id', effect: 'read', names: { invoice: 'path.id' } },
  { name: 'attach', method: 'PUT', path: '/billing/invoices/:id', effect: 'write', names: { invoice: 'path.id' } },
];

/** Bytes that are no UTF-8, with a byte order mark in their midst. */
const BINARY = Buffer.from([0x25, 0x50, 0x44, 0x46, 0xff, 0xfe, 0, 0x80, 0xef, 0xbb, 0xbf, 0xc3]);

/** What the client calls an invoice that was V2's and has moved to legacy, and what legacy calls it. */
const MOVED = 'v2-invoice-1';
const THERE = 'legacy-invoice-1';

let legacy: Upstream;
let v2: Upstream;
let rig: GatewayRig;
const creating =
  (id: string): Answer =>
  (_, response) =>
    json(response, { id }, 201);
beforeAll(async () => {
  legacy = await startUpstream(creating(THERE));
  v2 = await startUpstream(creating(MOVED));
  const wire = { operations: OPERATIONS, compare: [], affinity: [], order: 'entity' } as const;
  rig = await startRig(billing(legacy.url, v2.url, { wire }));
  await rig.stage('live');
  expect(await (await ask('POST', '/billing/invoices', { 'x-tenant': 'acme' }, '{}')).json()).toEqual({ id: MOVED });
  await rig.shadowIdle();
  const { entities } = await rig.gateway.parts.policies.rollBack('billing', { actor: 'test', reason: 'test' });
  expect(entities).toEqual({ moved: 1, draining: 0 });
});
afterAll(async () => {
  await rig.close();
  await Promise.all([legacy.close(), v2.close()]);
});
afterEach(() => legacy.answer(creating(THERE)));

const ask = (
  method: string,
  path: string,
  headers: Readonly<Record<string, string>> = {},
  body: string | Buffer<ArrayBuffer> | null = null,
) => fetch(rig.data + path, { method, headers, body });
const bytesOf = async (response: Response) => Buffer.from(await response.arrayBuffer());
const notHeld = () => rig.gateway.parts.counters.snapshot().answers_not_held;

describe('a request to an entity that has moved', () => {
  it('carries the id of the side that it goes to, in its target and in its text', async () => {
    await ask('PUT', `/billing/invoices/${MOVED}`, {}, `{"id":"${MOVED}"}`);
    expect(legacy.seen.at(-1)).toMatchObject({ url: `/billing/invoices/${THERE}`, body: `{"id":"${THERE}"}` });
  });

  it('keeps every byte of a body that is no text', async () => {
    await ask('PUT', `/billing/invoices/${MOVED}`, {}, BINARY);
    expect(legacy.seen.at(-1)).toMatchObject({ url: `/billing/invoices/${THERE}`, bytes: BINARY });
  });

  it('keeps every byte of a body that is coded', async () => {
    await ask('PUT', `/billing/invoices/${MOVED}`, { 'content-encoding': 'rot0' }, MOVED);
    expect(legacy.seen.at(-1)).toMatchObject({ url: `/billing/invoices/${THERE}`, body: MOVED });
  });
});

describe('an answer on an entity that has moved', () => {
  const get = () => ask('GET', `/billing/invoices/${MOVED}`);

  it('has the id that the client knows, and its own length', async () => {
    const theirs = JSON.stringify({ id: THERE });
    legacy.answer((_, response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': theirs.length }).end(theirs);
    });
    const answer = await get();
    expect(answer.headers.get('content-length')).toBe(String(`{"id":"${MOVED}"}`.length));
    expect(await answer.json()).toEqual({ id: MOVED });
  });

  it.each(['application/pdf', 'application/json', undefined])('of %s keeps bytes that are no text', async (type) => {
    legacy.answer((_, response) => {
      if (type !== undefined) response.setHeader('content-type', type);
      response.setHeader('content-length', BINARY.byteLength).end(BINARY);
    });
    const answer = await get();
    expect(answer.headers.get('content-length')).toBe(String(BINARY.byteLength));
    expect(await bytesOf(answer)).toEqual(BINARY);
  });

  it('keeps its framing and its trailers', async () => {
    legacy.answer((_, response) => {
      response.writeHead(200, { 'content-type': 'application/json', trailer: 'X-Sum' });
      response.write(`{"id": "${THERE}"}`);
      response.addTrailers({ 'X-Sum': '1' });
      response.end();
    });
    const answer = await rawSend(
      rig.data,
      `GET /billing/invoices/${MOVED} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`,
    );
    expect(answer).toContain(`{"id": "${MOVED}"}`);
    expect(answer).toMatch(/\r\n0\r\nX-Sum: 1\r\n\r\n$/);
  });

  it('that is coded is passed on as it is, and counted', async () => {
    legacy.answer((_, response) => {
      response.writeHead(200, { 'content-type': 'text/plain', 'content-encoding': 'rot0' }).end(THERE);
    });
    const before = notHeld();
    expect(await (await get()).text()).toBe(THERE);
    expect(notHeld()).toBe(before + 1);
  });

  it('18: to HEAD tells no length, which would be that of another body', async () => {
    legacy.answer((_, response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': 25, etag: '"1"' }).end();
    });
    const answer = await ask('HEAD', `/billing/invoices/${MOVED}`);
    expect([answer.status, answer.headers.get('etag'), answer.headers.get('content-length')]).toEqual([
      200,
      '"1"',
      null,
    ]);
  });

  it('18: to HEAD tells the length of what is passed on as it is', async () => {
    legacy.answer((_, response) => {
      response.writeHead(200, { 'content-type': 'application/pdf', 'content-length': 1 << 30 }).end();
    });
    const answer = await ask('HEAD', `/billing/invoices/${MOVED}`);
    expect(answer.headers.get('content-length')).toBe(String(1 << 30));
  });

  it.each([204, 304])('18: of %d has no body, and none is announced', async (status) => {
    legacy.answer((_, response) => void response.writeHead(status, { etag: '"1"' }).end());
    const head = `GET /billing/invoices/${MOVED} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`;
    const answer = await rawSend(rig.data, head);
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} .*etag: "1"\r\n.*\r\n\r\n$`, 's'));
    expect(answer).not.toMatch(/content-length|transfer-encoding/i);
  });

  it.each(['text/event-stream', 'application/octet-stream', undefined])(
    '23: that goes on in chunks of %s has its head and each part at once, and is counted',
    async (type) => {
      const { promise: seen, resolve: sawPart } = Promise.withResolvers<void>();
      legacy.answer((_, response) => {
        if (type !== undefined) response.setHeader('content-type', type);
        response.writeHead(200).flushHeaders();
        response.write('data: 1\n\n');
        void seen.then(() => response.end('data: 2\n\n'));
      });
      const before = notHeld();
      const client = await rawConnect(rig.data);
      client.send(`GET /billing/invoices/${MOVED} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`);
      await client.until('data: 1\n\n');
      sawPart();
      expect(await client.all()).toContain('data: 2\n\n');
      expect(notHeld()).toBe(before + 1);
    },
  );
});

describe('an answer to a call that creates', () => {
  it('23: gives its head at once when it goes on as events, and is counted', async () => {
    const { promise: seen, resolve: sawHead } = Promise.withResolvers<void>();
    legacy.answer((_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
      void seen.then(() => response.end('data: 1\n\n'));
    });
    const before = notHeld();
    const answer = await ask('POST', '/billing/invoices', {}, '{}');
    sawHead();
    expect(await answer.text()).toBe('data: 1\n\n');
    expect(notHeld()).toBe(before + 1);
  });
});

describe('a copy', () => {
  it('keeps every byte of a body that is no text', async () => {
    await rig.gateway.parts.policies.resume('billing', { actor: 'test', reason: 'test' });
    await rig.stage('shadow');
    legacy.answer(creating('legacy-invoice-2'));
    v2.answer(creating('v2-invoice-2'));
    await ask('POST', '/billing/invoices', {}, '{}');
    await rig.shadowIdle();
    await ask('PUT', '/billing/invoices/legacy-invoice-2', {}, BINARY);
    await rig.shadowIdle();
    expect(v2.seen.at(-1)).toMatchObject({ url: '/billing/invoices/v2-invoice-2', bytes: BINARY });
  });
});

describe('at off', () => {
  it('an answer on an entity that has moved has the id that the client knows', async () => {
    await rig.stage('off');
    legacy.answer((_, response) => json(response, { id: THERE }));
    expect(await (await ask('GET', `/billing/invoices/${MOVED}`)).json()).toEqual({ id: MOVED });
    expect(legacy.seen.at(-1)?.url).toBe(`/billing/invoices/${THERE}`);
  });
});
