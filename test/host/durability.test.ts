import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isV2Id } from '../../src/contract/ids.ts';
import { type Program, startProgram } from '../legacy-fixtures/program.ts';

const TYPE = 'simple_orchestrator';
const started: Program[] = [];

async function startV2(stateDir: string): Promise<Program> {
  const program = await startProgram('src/cli/main.ts', ['v2', '--types', TYPE, '--state', stateDir]);
  started.push(program);
  return program;
}

type Status = {
  readonly agents: { readonly details: Readonly<Record<string, { readonly current_task_id: string | null }>> };
  readonly tasks: { readonly active_assignments: number };
};

async function rpc<Result>({ url }: Program, method: string, body: object = {}): Promise<Result> {
  const response = await fetch(`${url}/${TYPE}/${method}`, { method: 'POST', body: JSON.stringify(body) });
  const answer = (await response.json()) as { readonly result: Result };
  expect(response.status, JSON.stringify(answer)).toBe(200);
  return answer.result;
}

describe('the v2 host as a program', () => {
  let stateDir = '';
  beforeEach(async () => {
    stateDir = join(await mkdtemp(join(tmpdir(), 'banyan-v2-')), 'state');
  });
  afterEach(async () => {
    await Promise.all(started.splice(0).map((program) => program.stop('SIGKILL')));
    await rm(join(stateDir, '..'), { recursive: true });
  });

  it.each(['SIGTERM', 'SIGINT'] as const)('ends cleanly at %s', async (signal) => {
    const program = await startV2(stateDir);
    expect((await stat(stateDir)).mode & 0o777).toBe(0o700);
    expect((await stat(join(stateDir, `${TYPE}.sqlite`))).isFile()).toBe(true);
    expect(await program.stop(signal)).toEqual({ code: 0, signal: null });
  });

  it('loses no agent and no assignment that it acknowledged when it is killed under load', async () => {
    const first = await startV2(stateDir);
    const spawned = await Promise.all(
      Array.from({ length: 20 }, () => rpc<string>(first, 'spawn_agent', { role: 'qa_engineer' })),
    );
    const tasks = await Promise.all(
      Array.from({ length: 10 }, () => rpc<string>(first, 'delegate_task', { task_description: 'd', task_type: 't' })),
    );
    await rpc(first, 'shutdown_agent', { agent_id: spawned[0], graceful: false });
    const before = await rpc<Status>(first, 'get_system_status');
    // Calls in flight: they may be lost or not, but nothing that was acknowledged may.
    const acknowledged: string[] = [];
    const load = Array.from({ length: 20 }, async () => {
      acknowledged.push(await rpc<string>(first, 'spawn_agent', { role: 'backend_developer' }));
    });
    await Promise.race(load);
    await first.stop('SIGKILL');
    await Promise.allSettled(load);

    const second = await startV2(stateDir);
    const after = await rpc<Status>(second, 'get_system_status');
    expect(Object.keys(after.agents.details)).toEqual(expect.arrayContaining(acknowledged));
    for (const [id, agent] of Object.entries(before.agents.details)) {
      expect(after.agents.details[id]?.current_task_id, id).toBe(agent.current_task_id);
    }
    expect(after.agents.details[spawned[0] ?? '']).toBeUndefined();
    expect(after.tasks.active_assignments).toBe(10);
    expect([...spawned, ...tasks].filter((id) => !isV2Id(id))).toEqual([]);
    await second.stop();
  });

  it('takes up where it was: the busy stay busy and the free take tasks', async () => {
    const first = await startV2(stateDir);
    for (const id of ['a', 'b']) await rpc(first, 'spawn_agent', { role: 'qa_engineer', agent_id: id });
    const task = await rpc<string>(first, 'delegate_task', { task_description: 'd', task_type: 't' });
    await first.stop('SIGKILL');

    const second = await startV2(stateDir);
    const next = await rpc<string>(second, 'delegate_task', { task_description: 'd', task_type: 't' });
    const { agents } = await rpc<Status>(second, 'get_system_status');
    expect(agents.details).toMatchObject({ a: { current_task_id: task }, b: { current_task_id: next } });
    await second.stop();
  });
});
