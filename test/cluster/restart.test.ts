import { readFileSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { AdminClient } from '../../src/cli/admin-client.ts';
import { banyanHere, startProgram } from '../support/programs.ts';
import { Client, type ClusterRig, startCluster } from './rig.ts';

let rig: ClusterRig;
beforeEach(async () => {
  rig = await startCluster('timeouts: { drainNoticeMs: 0, drainMs: 600000 }');
});
afterEach(() => rig.stop());

const pids = async () => (await rig.workers()).list.map(({ pid }) => pid);

it('`banyan restart` replaces every worker, and says how many', async () => {
  const before = await pids();
  const restarted = await banyanHere(['restart', '--config', rig.config]);
  expect([restarted.code, restarted.stdout]).toEqual([0, '2 workers have been replaced\n']);
  const after = await rig.workers();
  expect(after).toMatchObject({ serving: 2, restarts: 0, rolling: false });
  expect(after.list.filter(({ pid }) => before.includes(pid))).toEqual([]);
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
