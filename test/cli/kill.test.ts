import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { AdminClient } from '../../src/cli/admin-client.ts';
import { isV2Id } from '../../src/contract/ids.ts';
import type { AuditLine } from '../../src/contract/policy.ts';
import type { StatusView, TypeView } from '../../src/gateway/admin/views.ts';
import { banyan, childrenOf, type Program, startProgram } from '../support/programs.ts';

const TYPE = 'simple_orchestrator';
const READY = /^banyan ready data=(\S+) admin=(\S+)$/;

let folder: string;
let config: string;
let legacy: Program;
let gateway: Program;
let data: string;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'banyan-kill-'));
  config = join(folder, 'banyan.yaml');
  legacy = await startProgram(
    'legacy-fixtures/simple_orchestrator/main.ts',
    ['--port', '0'],
    /^simple_orchestrator ready (\S+)$/,
  );
  writeFileSync(config, `data: 127.0.0.1:0\nadmin: 127.0.0.1:0\ntypes:\n  ${TYPE}: { legacy: "${legacy.ready[1]}" }\n`);
  await up();
});
afterEach(async () => {
  await gateway.kill('SIGTERM');
  await legacy.kill('SIGTERM');
  rmSync(folder, { recursive: true, force: true });
});

async function up(): Promise<void> {
  gateway = await startProgram('src/cli/main.ts', ['up', '--config', config, '--log-level', 'error'], READY);
  data = gateway.ready[1] ?? '';
}

const admin = () => AdminClient.find({ config });
const view = async (): Promise<TypeView> => {
  const { types } = await (await admin()).get<StatusView>('/v1/status');
  return types[0] as TypeView;
};
const call = (operation: string, args: object, caller: string) =>
  fetch(`${data}/${TYPE}/${operation}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-caller-id': caller },
    body: JSON.stringify(args),
  });
const spawn = async (caller: string) => {
  const response = await call('spawn_agent', { role: 'qa_engineer' }, caller);
  return ((await response.json()) as { result: string }).result;
};

it('a gateway that is killed in the middle of a ramp comes back with the same stage, share, owners and audit log', async () => {
  expect((await banyan(['shadow', TYPE, '--config', config])).code).toBe(0);
  expect((await banyan(['ramp', TYPE, '50%', '--config', config, '--reason', 'half way'])).code).toBe(0);
  const agents = await Promise.all(Array.from({ length: 16 }, (_, n) => spawn(`caller-${n}`)));
  const onV2 = agents.filter(isV2Id);
  expect(onV2.length).toBeGreaterThan(0);
  expect(onV2.length).toBeLessThan(16);
  const before = await view();
  const log = await (await admin()).get<{ lines: AuditLine[] }>('/v1/audit');

  await gateway.kill('SIGKILL');
  await up();

  const after = await view();
  expect(after.policy).toEqual(before.policy);
  expect(after.policy).toMatchObject({ stage: 'ramp', sharePpm: 500_000 });
  expect(after.entities.owned).toEqual(before.entities.owned);
  expect(await (await admin()).get('/v1/audit')).toEqual(log);
  expect(log.lines.map(({ sequence, reason }) => [sequence, reason])).toEqual([
    [2, 'half way'],
    [1, ''],
  ]);
  for (const [n, agent_id] of agents.entries()) {
    const response = await call('shutdown_agent', { agent_id, graceful: false }, `caller-${n}`);
    expect(await response.json()).toEqual({ result: true });
  }
});

it('a v2 host that is killed under load fails no read, is started again, and the type is rolled back', async () => {
  await banyan(['ramp', TYPE, '50%', '--config', config]);
  const [hostPid = Number.NaN] = childrenOf(gateway.pid);
  const statuses: number[] = [];
  let going = true;
  const readers = Array.from({ length: 16 }, async (_, n) => {
    while (going) {
      const response = await call('get_system_status', {}, `caller-${n}`);
      statuses.push(response.status);
      await response.arrayBuffer();
    }
  });
  while (statuses.length < 200) await sleep(5);
  process.kill(hostPid, 'SIGKILL');
  const killedAt = statuses.length;
  while ((await view()).policy.rolledBack === null) await sleep(20);
  while (statuses.length < killedAt + 500) await sleep(5);
  going = false;
  await Promise.all(readers);

  expect(statuses.filter((status) => status !== 200)).toEqual([]);
  const { policy } = await view();
  expect(policy.rolledBack).toMatchObject({ by: 'guard', reason: expect.stringContaining('consecutive failures') });
  let host = (await view()).upstreams.v2;
  while (host === null) {
    await sleep(20);
    host = (await view()).upstreams.v2;
  }
  expect((await fetch(`${host}/livez`)).status).toBe(200);
  expect(childrenOf(gateway.pid)).not.toContain(hostPid);
});

it('the v2 host ends with a gateway that is killed', async () => {
  const [hostPid = Number.NaN] = childrenOf(gateway.pid);
  await gateway.kill('SIGKILL');
  const alive = () => {
    try {
      return process.kill(hostPid, 0);
    } catch {
      return false;
    }
  };
  while (alive()) await sleep(20);
});
