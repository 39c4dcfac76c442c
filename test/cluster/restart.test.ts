import { readFileSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { AdminClient } from '../../src/cli/admin-client.ts';
import { banyanHere, startProgram } from '../support/programs.ts';
import { startWholeLoad } from '../support/whole-load.ts';
import { Client, type ClusterRig, startCluster } from './rig.ts';

let rig: ClusterRig;
beforeEach(async () => {
  rig = await startCluster('timeouts: { drainNoticeMs: 0, drainMs: 5000 }');
});
afterEach(() => rig.stop());

const pids = async () => (await rig.workers()).list.map(({ pid }) => pid);

it('a rolling restart and a reload under load fail no call and cut no answer', async () => {
  rig.legacy.answer(({ body }, response) => response.end(body));
  const load = startWholeLoad(rig.data, 16);
  await load.more(100);
  const before = await pids();
  const restarted = await banyanHere(['restart', '--config', rig.config]);
  expect([restarted.code, restarted.stdout]).toEqual([0, '2 workers have been replaced\n']);
  const after = await rig.workers();
  expect(after).toMatchObject({ serving: 2, restarts: 0, rolling: false });
  expect(after.list.filter(({ pid }) => before.includes(pid))).toEqual([]);
  await load.more(100);
  rig.save('limits: { upstreamQueueMax: 7 }\ntimeouts: { drainNoticeMs: 0, drainMs: 5000 }');
  await rig.until(({ config }) => config.revision === 2);
  await load.more(100);
  await load.stop();
  expect([load.failed, load.truncated]).toEqual([[], []]);
  // Every call of the three generations has been counted, once.
  const { types } = await rig.status();
  expect(types[0]?.calls.answered.legacy).toBe(load.calls());
  const metrics = await (await fetch(`${rig.gateway.ready[2]}/metrics`)).text();
  const counts = [...metrics.matchAll(/^http_server_request_duration_seconds_count\{.*\} (\d+)$/gm)];
  expect(counts.reduce((sum, [, count]) => sum + Number(count), 0)).toBe(load.calls());
});

it('a kept connection gets its next answer from the worker that leaves, which then says that it closes', async () => {
  const client = new Client(rig.data);
  await client.call('GET', '/billing/x');
  const [first] = (await rig.workers()).list.filter(({ connections }) => connections === 1);
  const restarting = rig.admin.post<{ replaced: number }>('/v1/restart', {});
  await rig.until(
    ({ workers }) => workers?.list.some(({ pid, state }) => pid === first?.pid && state === 'leaving') === true,
  );
  expect(await client.call('GET', '/billing/x')).toMatchObject({ status: 200, connection: 'close' });
  expect(await restarting).toMatchObject({ replaced: 2 });
  expect(await client.call('GET', '/billing/x')).toMatchObject({ status: 200, connection: 'keep-alive' });
  expect(await pids()).not.toContain(first?.pid);
  client.close();
});

it('SIGUSR2 replaces the workers too, and a second restart is refused while one goes on', async () => {
  const before = await pids();
  rig.gateway.signal('SIGUSR2');
  await rig.until(({ workers }) => workers?.rolling === true);
  await expect(rig.admin.post('/v1/restart', {})).rejects.toMatchObject({ code: 'RESTARTING' });
  const { workers } = await rig.until((status) => status.workers?.rolling === false);
  expect(workers?.list.filter(({ pid }) => before.includes(pid))).toEqual([]);
});

it('a gateway of one process has no workers to replace', async () => {
  const alone = `${rig.folder}/alone.yaml`;
  const text = readFileSync(rig.config, 'utf8').replace('data:', `state: ${rig.folder}/alone\ndata:`);
  writeFileSync(alone, text);
  const gateway = await startProgram(
    'src/cli/main.ts',
    ['up', '--config', alone, '--log-level', 'warn'],
    /^banyan ready/,
  );
  const admin = await AdminClient.find({ config: alone });
  await expect(admin.post('/v1/restart', {})).rejects.toMatchObject({ code: 'NO_WORKERS' });
  expect((await admin.get<{ workers: unknown }>('/v1/status')).workers).toBeNull();
  await gateway.kill('SIGTERM');
});
