import { afterEach, beforeEach, expect, it } from 'vitest';
import { billing, type GatewayRig, startRig } from '../../support/gateway-rig.ts';
import { type KeptLog, keepLog } from '../../support/log.ts';
import { rawRequest } from '../../support/raw-client.ts';
import { json, startUpstream, type Upstream, unusedAddress } from '../../support/upstream.ts';

const TRACE = '0af7651916cd43dd8448eb211c80319c';

let legacy: Upstream;
let rig: GatewayRig;
let log: KeptLog;

beforeEach(async () => {
  legacy = await startUpstream((_, response) => json(response, {}));
  log = keepLog('debug');
  rig = await startRig(billing(legacy.url, await unusedAddress()), { logger: log.logger });
});
afterEach(async () => {
  await rig.close();
  await legacy.close();
});

const calls = () => log.lines().filter(({ msg }) => msg === 'call');

it('a call is one line, which says where it went and why', async () => {
  await rig.stage('ramp', 0);
  const traceparent = `00-${TRACE}-b7ad6b7169203331-01`;
  await fetch(`${rig.data}/billing/invoices`, { headers: { 'x-tenant': 'a', traceparent } });

  expect(calls()).toEqual([
    {
      level: 20,
      time: expect.any(Number),
      pid: process.pid,
      hostname: expect.any(String),
      msg: 'call',
      type: 'billing',
      operation: 'list_invoices',
      method: 'GET',
      path: '/billing/invoices',
      address: '127.0.0.1',
      status: 200,
      error: null,
      stage: 'ramp',
      side: 'legacy',
      why: 'stage affinity bucket=legacy',
      affinity: 'header:x-tenant',
      attempts: 1,
      durationMs: expect.any(Number),
      firstByteMs: expect.any(Number),
      callId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      traceId: TRACE,
    },
  ]);
});

it('a call that V2 did not answer says so', async () => {
  await rig.stage('live');
  await fetch(`${rig.data}/billing/invoices`);
  expect(calls()).toMatchObject([{ side: 'legacy', attempts: 2, status: 200, error: null, why: 'stage=v2' }]);
  expect(log.lines().filter(({ msg, level }) => msg !== 'call' && Number(level) >= 40)).toEqual([]);
});

it('a call that is refused has a line too, without what it was refused for', async () => {
  await rawRequest(rig.data, 'GET /billing/../etc?token=abc HTTP/1.1\r\nhost: a\r\n');
  await fetch(`${rig.data}/nowhere/at/all`);
  expect(calls()).toMatchObject([
    { status: 400, error: 'BAD_TARGET', type: null, path: null, side: null, attempts: 0 },
    { status: 404, error: 'NO_TYPE', type: null, path: null, side: null, attempts: 0 },
  ]);
  expect(log.text()).not.toContain('token');
});

it('ids of a path are shown, secrets in it and the whole query are not', async () => {
  await fetch(`${rig.data}/billing/invoices/inv_42/mail/jane%40example.com?card=4111111111111111&plain=seen`);
  expect(calls()).toMatchObject([
    { path: expect.stringMatching(/^\/billing\/invoices\/inv_42\/mail\/\[email:\w+\]$/) },
  ]);
  expect(log.text()).not.toMatch(/jane|4111|plain|seen/);
});

it('no line break, escape sequence or endless path gets through', async () => {
  await fetch(`${rig.data}/billing/%0a%1b%5b31m${'x'.repeat(5000)}`);
  expect(calls()).toHaveLength(1);
  expect(log.text()).not.toContain('\u001b');
  expect(String(calls()[0]?.path).length).toBeLessThanOrEqual(1024);
});

it('nothing is written, and nothing redacted, while the level is above debug', async () => {
  await rig.close();
  log = keepLog('info');
  rig = await startRig(billing(legacy.url, await unusedAddress()), { logger: log.logger });
  await fetch(`${rig.data}/billing/invoices`);
  expect(log.text()).toBe('');
});
