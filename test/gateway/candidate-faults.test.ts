import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { billing, type GatewayRig, startRig } from '../support/gateway-rig.ts';
import { type Answer, json, startUpstream, type Upstream, unusedAddress } from '../support/upstream.ts';

let legacy: Upstream;
let v2: Upstream;
let rig: GatewayRig;
beforeAll(async () => {
  legacy = await startUpstream(({ url }, response) => json(response, { url }));
  v2 = await startUpstream(() => undefined);
});
afterAll(() => Promise.all([legacy.close(), v2.close()]));
afterEach(() => rig.close());

const start = async (v2Url: string) => {
  rig = await startRig(billing(legacy.url, v2Url), { timeouts: { mirrorMs: 300 } });
  await rig.stage('shadow');
};

const FAULTS: Readonly<Record<string, Answer>> = {
  'hangs for ever': () => undefined,
  'resets the connection': (_, response) => void response.destroy(),
  'speaks no HTTP': (_, response) => void response.socket?.end('garbage\r\n\r\n'),
  'starts and then stalls': (_, response) => void response.write('{'),
  'sends a gigabyte': (_, response) => {
    const chunk = Buffer.alloc(1 << 20);
    let left = 1024;
    const write = () => {
      while (left > 0 && !response.destroyed) {
        left -= 1;
        if (!response.write(chunk)) return void response.once('drain', write);
      }
      response.end();
    };
    write();
  },
  'says 500': (_, response) => json(response, { error: 'broken' }, 500),
};

describe('a candidate that', () => {
  it.each(Object.entries(FAULTS))('%s does not change what the client gets', async (_what, fault) => {
    v2.answer(fault);
    await start(v2.url);
    for (let n = 0; n < 5; n += 1) {
      const response = await fetch(`${rig.data}/billing/invoices/${n}`);
      expect(response.status).toBe(200);
      expect(await response.json()).toEqual({ url: `/billing/invoices/${n}` });
    }
    await rig.shadowIdle();
    const totals = rig.gateway.parts.shadowOf('billing').ledger.totals();
    expect(totals).toMatchObject({ eligible: 5, matched: 0 });
    expect(totals.compared + totals.notComparable + totals.dropped).toBe(5);
  });

  it('refuses does not change what the client gets', async () => {
    await start(await unusedAddress());
    const answers = await Promise.all(Array.from({ length: 20 }, (_, n) => fetch(`${rig.data}/billing/invoices/${n}`)));
    expect(answers.every(({ status }) => status === 200)).toBe(true);
    await rig.shadowIdle();
    const totals = rig.gateway.parts.shadowOf('billing').ledger.totals();
    expect(totals.matched).toBe(0);
    expect(totals.compared + totals.notComparable + totals.dropped).toBe(20);
  });

  it('has no address yet does not change what the client gets', async () => {
    rig = await startRig(billing(legacy.url, v2.url, { v2: null }));
    await rig.stage('shadow');
    expect((await fetch(`${rig.data}/billing/invoices/1`)).status).toBe(200);
    await rig.shadowIdle();
    expect(rig.gateway.parts.shadowOf('billing').ledger.totals()).toMatchObject({
      eligible: 1,
      compared: 1,
      matched: 0,
    });
    expect(rig.gateway.parts.counters.snapshot().mirror_defects).toBe(0);
  });

  it('sends a gigabyte is read no further than needed', async () => {
    v2.answer(FAULTS['sends a gigabyte'] as Answer);
    const { promise: cut, resolve } = Promise.withResolvers<number>();
    v2.server.once('request', (_request, response) =>
      response.on('close', () => resolve(response.socket?.bytesWritten ?? 0)),
    );
    await start(v2.url);
    await fetch(`${rig.data}/billing/invoices/1`);
    expect(await cut).toBeLessThan(64 << 20);
  });
});
