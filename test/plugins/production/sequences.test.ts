import { describe, expect, it } from 'vitest';
import { production } from '../../../src/plugins/production/plugin.ts';
import type { SequenceResult } from '../../../src/plugins/production/shapes.ts';
import { endless, rig } from '../support/rig.ts';

const steps = ({ steps }: SequenceResult) => steps.map(({ step, state }) => `${step} ${state}`);
const config = (parts = {}) => ({
  runtimes: { clerk: { kind: 'function' as const, run: endless } },
  plugins: { production: { scaling: { enabled: false }, ...parts } },
});

describe('a failover', () => {
  it('moves its tasks to an agent that can do the same, none begins on it meanwhile, and retires it', async () => {
    const { orchestrator, task } = await rig([production], config());
    const [a, b] = [
      await orchestrator.spawnAgent({ role: 'worker', capabilities: ['x'] }),
      await orchestrator.spawnAgent({ role: 'worker', capabilities: ['x', 'y'] }),
    ];
    const running = await orchestrator.delegateTask({ type: 't', agentId: a.id });
    const waiting = await orchestrator.delegateTask({ type: 't', agentId: a.id });
    const result = await orchestrator.use(production).failover({ agentId: a.id, reason: 'it smokes' });
    expect(steps(result)).toEqual(['find done', 'stand_in done', 'move_tasks done', 'retire done', 'verify done']);
    expect(result).toMatchObject({ state: 'done', kind: 'failover', reason: 'it smokes' });
    expect(orchestrator.getAgent(a.id)?.state).toBe('stopped');
    expect(task(waiting)).toMatchObject({ state: 'running', agentId: b.id, attemptsEver: 1 });
    await orchestrator.completeTask(waiting.id);
    expect(task(running)).toMatchObject({ state: 'running', agentId: b.id, attemptsEver: 2 });
  });

  it('lets nothing that waits for any agent begin on it', async () => {
    const { orchestrator, task } = await rig([production], config());
    const [a, b] = [
      await orchestrator.spawnAgent({ role: 'worker', tasksMax: 2 }),
      await orchestrator.spawnAgent({ role: 'worker' }),
    ];
    for (const { id } of [a, a, b]) await orchestrator.delegateTask({ type: 't', agentId: id });
    const waiting = await orchestrator.delegateTask({ type: 't' });
    const result = await orchestrator.use(production).failover({ agentId: a.id });
    expect(result.state).toBe('done');
    expect(task(waiting)).toMatchObject({ state: 'queued', attemptsEver: 0 });
  });

  it('leaves an agent in service whose tasks cannot be moved', async () => {
    const { orchestrator, task } = await rig([production], config());
    const agent = await orchestrator.spawnAgent({ role: 'worker', tasksMax: 2 });
    const other = await orchestrator.spawnAgent({ role: 'other' });
    await orchestrator.delegateTask({ type: 't', role: 'worker' });
    const result = await orchestrator.use(production).failover({ agentId: agent.id, toAgentId: other.id });
    expect(steps(result)).toContain('move_tasks failed');
    const next = await orchestrator.delegateTask({ type: 't', role: 'worker' });
    expect(task(next)).toMatchObject({ state: 'running', agentId: agent.id });
  });

  it('spawns a stand-in where none is there and its runtime has a name', async () => {
    const { orchestrator } = await rig([production], config());
    const agent = await orchestrator.spawnAgent({ role: 'worker', runtime: 'clerk', attributes: { desk: 7 } });
    const task = await orchestrator.delegateTask({ type: 't' });
    const result = await orchestrator.use(production).failover({ agentId: agent.id });
    const [standIn] = orchestrator.listAgents();
    expect(result.state).toBe('done');
    expect(standIn).toMatchObject({ role: 'worker', runtime: 'clerk', attributes: { desk: 7 } });
    expect(orchestrator.getTask(task.id)).toMatchObject({ state: 'running', agentId: standIn?.id });
  });

  it('moves the others when one that runs must not run twice, and lets that one end as it asked for', async () => {
    const { orchestrator, task } = await rig([production], config());
    const [a, b] = [
      await orchestrator.spawnAgent({ role: 'worker', tasksMax: 2 }),
      await orchestrator.spawnAgent({ role: 'worker' }),
    ];
    const once = await orchestrator.delegateTask({ type: 't', agentId: a.id, whenInterrupted: 'fail' });
    const other = await orchestrator.delegateTask({ type: 't', agentId: a.id });
    const result = await orchestrator.use(production).failover({ agentId: a.id });
    expect(result.state).toBe('done');
    expect(result.steps.at(-1)?.detail).toContain(`${once.id} must not run twice and ended with it`);
    expect(orchestrator.getAgent(a.id)?.state).toBe('stopped');
    expect(task(once)).toMatchObject({ state: 'failed', error: { code: 'agent_stopped' } });
    expect(task(other)).toMatchObject({ state: 'running', agentId: b.id });
  });

  it('stops before it harms when nobody can stand in', async () => {
    const { orchestrator } = await rig([production], config());
    const agent = await orchestrator.spawnAgent({ role: 'worker' });
    await orchestrator.spawnAgent({ role: 'other' });
    const task = await orchestrator.delegateTask({ type: 't', agentId: agent.id });
    const result = await orchestrator.use(production).failover({ agentId: agent.id });
    expect(steps(result)).toEqual([
      'find done',
      'stand_in failed',
      'move_tasks skipped',
      'retire skipped',
      'verify skipped',
    ]);
    expect(result.steps[1]?.detail).toMatch(/none like it can be spawned: somebody outside does its work/);
    expect(orchestrator.getTask(task.id)).toMatchObject({ state: 'running', agentId: agent.id });
  });

  it('takes the agent that is named, if it is there', async () => {
    const { orchestrator } = await rig([production], config());
    const agent = await orchestrator.spawnAgent({ role: 'worker' });
    const other = await orchestrator.spawnAgent({ role: 'other' });
    const failover = orchestrator.use(production).failover;
    expect(steps(await failover({ agentId: agent.id, toAgentId: 'nobody' }))).toContain('stand_in failed');
    expect((await failover({ agentId: agent.id, toAgentId: other.id })).state).toBe('done');
    expect(steps(await failover({ agentId: agent.id, toAgentId: other.id }))[0]).toBe('find failed');
  });

  it('touches nothing in a drill', async () => {
    const { orchestrator } = await rig([production], config());
    const agent = await orchestrator.spawnAgent({ role: 'worker', runtime: 'clerk' });
    const result = await orchestrator.use(production).failover({ agentId: agent.id, drill: true });
    expect([result.state, new Set(result.steps.map(({ state }) => state))]).toEqual(['planned', new Set(['planned'])]);
    expect(orchestrator.listAgents().map(({ id }) => id)).toEqual([agent.id]);
    expect((await orchestrator.use(production).sequences()).map(({ id }) => id)).toEqual([result.id]);
  });
});

describe('disaster recovery', () => {
  it('brings the agents of the newest backup back under their ids', async () => {
    const { orchestrator, pass } = await rig([production], config());
    const kept = await orchestrator.spawnAgent({ id: 'kept', role: 'worker', capabilities: ['x'], tasksMax: 2 });
    await orchestrator.spawnAgent({ id: 'lost', role: 'clerk', runtime: 'clerk', group: 'g', attributes: { desk: 1 } });
    await pass(6 * 3_600_000);
    await orchestrator.shutdownAgent('lost', { graceful: false });
    await orchestrator.shutdownAgent(kept.id, { graceful: false });
    const result = await orchestrator.use(production).recoverFromDisaster();
    expect(steps(result)).toEqual([
      'choose_backup done',
      'clear_failed done',
      'restore_agents done',
      'free_tasks done',
      'verify done',
    ]);
    expect(orchestrator.listAgents()).toMatchObject([
      { id: 'kept', role: 'worker', capabilities: ['x'], tasksMax: 2, state: 'idle' },
      { id: 'lost', role: 'clerk', runtime: 'clerk', group: 'g', attributes: { desk: 1 } },
    ]);
  });

  it('clears failed agents away and says which could not come back', async () => {
    const { orchestrator, pass } = await rig([production], config());
    await orchestrator.spawnAgent({ id: 'failed', role: 'w', restart: 'temporary', deadlines: { heartbeatMs: 1_000 } });
    await orchestrator.spawnAgent({ id: 'nameless', role: 'w', runtime: { kind: 'function', run: endless } });
    await orchestrator.use(production).backup();
    orchestrator.heartbeat('failed');
    await pass(1_000);
    await orchestrator.shutdownAgent('nameless', { graceful: false });
    const result = await orchestrator.use(production).recoverFromDisaster();
    expect(result.state).toBe('failed');
    expect(result.steps.map(({ detail }) => detail).slice(1, 3)).toEqual([
      '1 agents',
      '1 came back; not: nameless (its function has no name; give it one in the runtimes of the config)',
    ]);
    expect(orchestrator.listAgents().map(({ id, state }) => `${id} ${state}`)).toEqual(['failed idle']);
  });

  it('fails without a backup, and knows a backup by its id', async () => {
    const { orchestrator } = await rig([production], config());
    const { recoverFromDisaster, backup } = orchestrator.use(production);
    expect((await recoverFromDisaster()).steps[0]).toMatchObject({ state: 'failed', detail: 'there is no backup' });
    await orchestrator.spawnAgent({ id: 'a', role: 'w' });
    const first = await backup();
    await orchestrator.spawnAgent({ id: 'b', role: 'w' });
    const second = await backup();
    expect([first.agents, second.agents, (await backup()).id === second.id]).toEqual([1, 2, true]);
    for (const id of ['a', 'b']) await orchestrator.shutdownAgent(id);
    expect((await recoverFromDisaster({ backupId: first.id })).state).toBe('done');
    expect(orchestrator.listAgents().map(({ id }) => id)).toEqual(['a']);
    expect((await recoverFromDisaster({ backupId: 'backup-99' })).steps[0]?.detail).toBe('there is no backup-99');
  });

  it('keeps backups for thirty days, and one for a fleet that stays the same', async () => {
    const sixHours = { metricsEveryMs: 21_600_000, alertsEveryMs: 21_600_000 };
    const { orchestrator, pass } = await rig([production], config(sixHours));
    await orchestrator.spawnAgent({ id: 'a', role: 'w', deadlines: { heartbeatMs: 'never' } });
    await pass(24 * 3_600_000);
    expect((await orchestrator.getHealthStatus()).sections.production).toMatchObject({ backups: 1 });
    await orchestrator.spawnAgent({ id: 'b', role: 'w', deadlines: { heartbeatMs: 'never' } });
    await pass(6 * 3_600_000);
    expect((await orchestrator.getHealthStatus()).sections.production).toMatchObject({ backups: 2 });
    await pass(31 * 24 * 3_600_000);
    expect((await orchestrator.getHealthStatus()).sections.production).toMatchObject({ backups: 1 });
  });
});
