import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { OtlpTracing } from '../../../src/telemetry/trace/otlp-tracing.ts';
import { type Collector, startCollector } from '../../support/collector.ts';
import { billing, type GatewayRig, startRig } from '../../support/gateway-rig.ts';
import { json, startUpstream, type Upstream, unusedAddress } from '../../support/upstream.ts';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const PARENT = 'b7ad6b7169203331';
const SERVER = 2;
const CLIENT = 3;

let collector: Collector;
let legacy: Upstream;
let v2: Upstream;
let tracing: OtlpTracing;
let rig: GatewayRig;
let errors: unknown[];

beforeEach(async () => {
  collector = await startCollector();
  legacy = await startUpstream((_, response) => json(response, {}));
  v2 = await startUpstream((_, response) => json(response, {}));
  await open();
});
afterEach(async () => {
  await rig.close();
  await tracing.close();
  await Promise.all([legacy.close(), v2.close(), collector.close()]);
});

async function open(over: object = {}): Promise<void> {
  errors = [];
  tracing = new OtlpTracing({ ...collector.config, ...over }, { onError: (error) => errors.push(error), closeMs: 500 });
  rig = await startRig(billing(legacy.url, v2.url), { tracing });
}

async function reopen(over: object): Promise<void> {
  await rig.close();
  await tracing.close();
  await open(over);
}

const call = (path: string, headers: Record<string, string> = {}) =>
  fetch(`${rig.data}${path}`, { headers }).then((response) => response.text());

/** All spans there are, once those that wait are sent. */
async function spans() {
  await rig.shadowIdle();
  await tracing.close();
  return collector.spans();
}

describe('spans', () => {
  it('name a socket of the file system by its path, and none of several instances', async () => {
    await rig.close();
    rig = await startRig(billing('unix:/nowhere/app.sock:/base', v2.url), { tracing });
    await call('/billing/x');
    await rig.close();
    const several = { instances: [legacy.url, v2.url], tls: null };
    rig = await startRig(billing(several, await unusedAddress()), { tracing });
    await call('/billing/x');
    const clients = (await spans()).filter(({ kind }) => kind === CLIENT);
    expect(clients.map(({ attributes }) => [attributes['server.address'], attributes['server.port']])).toEqual([
      ['/nowhere/app.sock', undefined],
      [undefined, undefined],
    ]);
  });

  it('continue the trace of the client, and the upstream continues that of the gateway', async () => {
    await call('/billing/invoices/7?secret=1', {
      traceparent: `00-${TRACE}-${PARENT}-01`,
      tracestate: 'vendor=a, other=b',
    });

    const all = await spans();
    const [server, client] = [all.find(({ kind }) => kind === SERVER), all.find(({ kind }) => kind === CLIENT)];
    expect(all).toHaveLength(2);
    expect(server).toMatchObject({
      name: 'GET /billing/invoices/:id',
      traceId: TRACE,
      parentSpanId: PARENT,
      traceState: 'vendor=a,other=b',
      attributes: {
        'http.request.method': 'GET',
        'http.response.status_code': 200,
        'http.route': '/billing/invoices/:id',
        'url.path': '/billing/invoices/7',
        'url.scheme': 'http',
        'client.address': '127.0.0.1',
        'banyan.type': 'billing',
        'banyan.operation': 'get_invoice',
        'banyan.stage': 'off',
        'banyan.side': 'legacy',
        'banyan.why': 'stage=legacy',
        'banyan.attempts': 1,
      },
    });
    expect(client).toMatchObject({
      name: 'GET',
      traceId: TRACE,
      parentSpanId: server?.spanId,
      attributes: {
        'server.address': '127.0.0.1',
        'server.port': Number(new URL(legacy.url).port),
        'url.full': `${legacy.url}/billing/invoices/7`,
        'http.response.status_code': 200,
        'banyan.side': 'legacy',
        'banyan.purpose': 'primary',
      },
    });
    expect(legacy.seen[0]?.headers).toMatchObject({
      traceparent: `00-${TRACE}-${client?.spanId}-01`,
      tracestate: 'vendor=a,other=b',
    });
  });

  it.each([
    ['no traceparent', {}],
    ['one that is malformed', { traceparent: `00-${TRACE}-0-01`, tracestate: 'a=1' }],
  ])('begin a trace for a call with %s', async (_, headers) => {
    await call('/billing/invoices', headers);

    const all = await spans();
    expect(new Set(all.map(({ traceId }) => traceId)).size).toBe(1);
    expect(all[0]?.traceId).not.toBe(TRACE);
    const { traceparent, tracestate } = legacy.seen[0]?.headers ?? {};
    const client = all.find(({ kind }) => kind === CLIENT);
    expect([traceparent, tracestate]).toEqual([`00-${client?.traceId}-${client?.spanId}-01`, undefined]);
    expect(all.find(({ kind }) => kind === SERVER)?.parentSpanId).toBeUndefined();
  });

  it('keep the decision of the client not to sample, and pass it on', async () => {
    await call('/billing/invoices', { traceparent: `00-${TRACE}-${PARENT}-00` });

    expect(await spans()).toEqual([]);
    expect(legacy.seen[0]?.headers.traceparent).toMatch(new RegExp(`^00-${TRACE}-(?!${PARENT})[0-9a-f]{16}-00$`));
  });

  it('are made for the ratio of traces that begin here', async () => {
    await reopen({ sampleRatio: 0 });
    await call('/billing/invoices');
    await call('/billing/invoices', { traceparent: `00-${TRACE}-${PARENT}-01` });

    expect(new Set((await spans()).map(({ traceId }) => traceId))).toEqual(new Set([TRACE]));
  });

  it('of copies are in traces of their own, linked to their calls and sampled as they are', async () => {
    await rig.stage('shadow');
    await call('/billing/invoices/7', { traceparent: `00-${TRACE}-${PARENT}-01`, tracestate: 'vendor=a' });
    await call('/billing/invoices/8', { traceparent: `00-${TRACE}-${PARENT}-00` });

    const all = await spans();
    const server = all.find(({ kind }) => kind === SERVER);
    const copies = all.filter(({ attributes }) => attributes['banyan.purpose'] === 'candidate');
    expect(all).toHaveLength(3);
    expect(copies).toHaveLength(1);
    const [copy] = copies;
    expect(copy).toMatchObject({
      links: [{ traceId: TRACE, spanId: server?.spanId }],
      attributes: { 'banyan.side': 'v2', 'url.full': `${v2.url}/billing/invoices/7` },
    });
    expect(copy?.traceId).not.toBe(TRACE);
    expect(copy?.parentSpanId).toBeUndefined();
    const [first, second] = v2.seen.map(({ headers }) => headers);
    expect([first?.traceparent, first?.tracestate]).toEqual([`00-${copy?.traceId}-${copy?.spanId}-01`, undefined]);
    expect(second?.traceparent).toMatch(new RegExp(`^00-(?!${TRACE})[0-9a-f]{32}-[0-9a-f]{16}-00$`));
  });

  it('tell of each side that was asked, and of errors', async () => {
    await rig.close();
    rig = await startRig(billing(legacy.url, await unusedAddress()), { tracing });
    await rig.stage('live');
    await call('/billing/invoices');
    legacy.answer((_, response) => json(response, {}, 500));
    await call('/billing/invoices');
    await call('/nowhere');

    const all = await spans();
    const attempts = all.filter(({ attributes }) => attributes['banyan.purpose'] === 'primary');
    expect(
      attempts.map(({ attributes, status }) => [
        attributes['banyan.side'],
        attributes['error.type'],
        attributes['http.request.resend_count'],
        status,
      ]),
    ).toEqual([
      ['v2', 'refused', undefined, 2],
      ['legacy', undefined, 1, 0],
      ['v2', 'refused', undefined, 2],
      ['legacy', '500', 1, 2],
    ]);
    const served = all.filter(({ kind }) => kind === SERVER);
    expect(served.map(({ name, attributes, status }) => [name, attributes['error.type'], status])).toEqual([
      ['GET /billing/invoices', undefined, 0],
      ['GET /billing/invoices', '500', 2],
      ['GET', undefined, 0],
    ]);
  });
});

describe('a collector', () => {
  it('is told who sends, with the headers of the config', async () => {
    await call('/billing/invoices');
    await spans();
    expect(collector.headers).toEqual(['key']);
    expect(JSON.parse(collector.bodies[0] ?? '').resourceSpans[0].resource.attributes).toContainEqual({
      key: 'service.name',
      value: { stringValue: 'gateway' },
    });
    expect(tracing.counts()).toEqual({ exported: 2, failed: 0, dropped: 0 });
  });

  it('that refuses costs no call anything, is told of once, and is counted', async () => {
    collector.takes(false);
    expect(await call('/billing/invoices')).toBe('{}');
    expect(await spans()).toEqual([]);
    expect(tracing.counts()).toEqual({ exported: 0, failed: 2, dropped: 0 });
    expect(errors).toHaveLength(1);
  });

  it('that is gone does not hold up a stop', async () => {
    await reopen({ endpoint: await unusedAddress() });
    expect(await call('/billing/invoices')).toBe('{}');
    await tracing.close();
    expect(tracing.counts().exported).toBe(0);
  });
});
