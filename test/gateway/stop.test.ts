import { once } from 'node:events';
import { get } from 'node:http';
import { expect, it } from 'vitest';
import { billing, startRig } from '../support/gateway-rig.ts';
import { json, startUpstream } from '../support/upstream.ts';

it('a candidate that hangs does not hold up a stop: its copies are dropped and counted, not held against it', async () => {
  const legacy = await startUpstream((_, response) => json(response, {}));
  const v2 = await startUpstream(() => undefined);
  const rig = await startRig(billing(legacy.url, v2.url), { timeouts: { drainMs: 0, mirrorMs: 86_400_000 } });
  await rig.stage('shadow');
  const copyArrives = once(v2.server, 'request');
  await (await fetch(`${rig.data}/billing/invoices`)).arrayBuffer();
  await copyArrives;

  const again = await rig.restart();
  expect(again.gateway.parts.shadowOf('billing').ledger.totals()).toMatchObject({
    eligible: 1,
    dropped: 1,
    compared: 0,
  });
  await again.close();
  await Promise.all([legacy.close(), v2.close()]);
});

it('an answer that had begun before the stop ends whole, and its connection with it', async () => {
  let finish = () => {};
  const legacy = await startUpstream((_, response) => {
    response.write('begun, ');
    finish = () => response.end('ended');
  });
  const rig = await startRig(billing(legacy.url, 'http://127.0.0.1:1'), { timeouts: { drainMs: 86_400_000 } });
  const request = get(`${rig.data}/billing/x`, { agent: false, headers: { connection: 'keep-alive' } });
  const [response] = await once(request, 'response');
  expect(response.headers.connection).toBe('keep-alive');
  const closed = rig.close();
  finish();
  const chunks: Buffer[] = await response.toArray();
  expect(Buffer.concat(chunks).toString()).toBe('begun, ended');
  await closed;
  await legacy.close();
});
