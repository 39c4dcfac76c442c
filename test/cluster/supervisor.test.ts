import { afterEach, beforeEach, expect, it } from 'vitest';
import { startWholeLoad } from '../support/whole-load.ts';
import { Client } from './rig.ts';
import { type SupervisorRig, startSupervisor } from './supervisor-rig.ts';

let rig: SupervisorRig;
beforeEach(async () => {
  rig = await startSupervisor();
});
afterEach(() => rig.stop());

const list = () => rig.supervisor.workers.view().list;

it('a rolling restart and a reload under load fail no call and cut no answer', async () => {
  const { supervisor, configured } = rig;
  const load = startWholeLoad(rig.data, 16);
  await load.more(100);
  const before = list().map(({ pid }) => pid);
  expect(await supervisor.workers.restart()).toEqual({ replaced: 2 });
  expect(supervisor.workers.view()).toMatchObject({ serving: 2, restarts: 0, rolling: false });
  expect(list().filter(({ pid }) => before.includes(pid))).toEqual([]);
  await load.more(100);
  await supervisor.reconfigure({ ...configured, limits: { ...configured.limits, upstreamQueueMax: 7 } });
  await load.more(100);
  await load.stop();
  expect([load.failed, load.truncated]).toEqual([[], []]);
  expect(supervisor.workers.view()).toMatchObject({ serving: 2, restarts: 0 });
  // Every call of the three generations has been counted, once.
  const { metrics } = await supervisor.metrics();
  const calls = metrics.find(({ name }) => name === 'http.server.request.duration')?.points ?? [];
  const counts = calls.flatMap(({ value }) => (typeof value === 'number' ? [] : value.buckets));
  expect(counts.reduce((sum, count) => sum + count, 0)).toBe(load.calls());
  expect(supervisor.parts.counters.snapshot()).toMatchObject({ workers_late: 0, workers_died: 0 });
});

it('a worker that dies gives a connection that it had not read yet back, and another worker serves it', async () => {
  rig.legacy.answer((_, response) => response.end('{"by":"legacy"}'));
  const asleep = list()[0]?.pid ?? Number.NaN;
  process.kill(asleep, 'SIGSTOP');
  const clients = Array.from({ length: 4 }, () => new Client(rig.data));
  const answers = Promise.all(clients.map((client) => client.call('GET', '/billing/x')));
  await expect.poll(() => list().find(({ pid }) => pid === asleep)?.connections).toBe(2);
  process.kill(asleep, 'SIGKILL');
  expect((await answers).map(({ status }) => status)).toEqual([200, 200, 200, 200]);
  for (const client of clients) client.close();
});

it('a worker that is told to close while it retires ends its idle connections', async () => {
  const client = new Client(rig.data);
  rig.legacy.answer((_, response) => response.end('{"by":"legacy"}'));
  await client.call('GET', '/billing/x');
  const restarting = expect(rig.supervisor.workers.restart()).rejects.toThrow('the gateway stops');
  await expect.poll(() => list().some(({ state }) => state === 'leaving')).toBe(true);
  await rig.supervisor.close();
  await restarting;
  expect(list()).toEqual([]);
  client.close();
});
