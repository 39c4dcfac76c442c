import { describe, expect, it } from 'vitest';
import {
  SimpleOrchestrator,
  SimpleOrchestratorError,
  TaskDelegationError,
} from '../../legacy-fixtures/simple_orchestrator/orchestrator.ts';

/** 2025-08-19T10:11:12.123456 UTC. */
const NOON_MICROS = 1_755_598_272_123_456;

function world(agentsMax = 50) {
  let nowMicros = NOON_MICROS;
  let ids = 0;
  const sleeps: { readonly ms: number; readonly wake: () => void }[] = [];
  const orchestrator = new SimpleOrchestrator(
    {
      nowMicros: () => nowMicros,
      newId: () => `id-${++ids}`,
      sleep: (ms) => new Promise((wake) => sleeps.push({ ms, wake })),
    },
    agentsMax,
  );
  const pass = (micros: number) => {
    nowMicros += micros;
  };
  return { orchestrator, sleeps, pass };
}

describe('the legacy SimpleOrchestrator', () => {
  it('answers the id it was given, or one of its own', async () => {
    const { orchestrator } = world();
    expect(await orchestrator.spawnAgent('qa_engineer', 'mine')).toBe('mine');
    expect(await orchestrator.spawnAgent('qa_engineer')).toBe('id-1');
    expect(await orchestrator.spawnAgent('qa_engineer', '')).toBe('');
  });

  it('says once that it could not spawn a second agent of the same id', async () => {
    const { orchestrator } = world(1);
    await orchestrator.spawnAgent('qa_engineer', 'twice');
    await expect(orchestrator.spawnAgent('qa_engineer', 'twice')).rejects.toThrow(
      new SimpleOrchestratorError('Failed to spawn agent: Agent twice already exists'),
    );
  });

  it('refuses the agent after the last place, and takes it again after a shutdown', async () => {
    const { orchestrator } = world(2);
    await orchestrator.spawnAgent('qa_engineer', 'a');
    await orchestrator.spawnAgent('qa_engineer', 'b');
    await expect(orchestrator.spawnAgent('qa_engineer')).rejects.toThrow(
      new SimpleOrchestratorError('Failed to spawn agent: Maximum concurrent agents reached'),
    );
    await orchestrator.shutdownAgent('a');
    expect(await orchestrator.spawnAgent('qa_engineer', 'c')).toBe('c');
  });

  it('prefers a free agent of the role, then takes the first free one, then refuses for ever', async () => {
    const { orchestrator } = world();
    await orchestrator.spawnAgent('backend_developer', 'first');
    await orchestrator.spawnAgent('qa_engineer', 'second');
    await orchestrator.spawnAgent('qa_engineer', 'third');

    const tasks = [
      await orchestrator.delegateTask('d', 't', 'low', 'qa_engineer'),
      await orchestrator.delegateTask('d', 't', 'low', 'devops_engineer'),
      await orchestrator.delegateTask('d', 't', 'low', 'backend_developer'),
    ];
    const { details } = (await orchestrator.getSystemStatus()).agents;
    expect(tasks.map((task) => Object.values(details).find((agent) => agent.current_task_id === task)?.id)).toEqual([
      'second',
      'first',
      'third',
    ]);
    await expect(orchestrator.delegateTask('d', 't')).rejects.toThrow(
      new TaskDelegationError('Failed to delegate task: No suitable agent available'),
    );
  });

  it('answers false for an agent it does not know', async () => {
    expect(await world().orchestrator.shutdownAgent('nobody')).toBe(false);
  });

  it('waits a second before it removes a busy agent, and keeps the assignment', async () => {
    const { orchestrator, sleeps } = world();
    await orchestrator.spawnAgent('qa_engineer', 'busy');
    await orchestrator.delegateTask('d', 't');
    const ended = orchestrator.shutdownAgent('busy');

    expect(sleeps.map(({ ms }) => ms)).toEqual([1000]);
    expect((await orchestrator.getSystemStatus()).agents.by_status).toEqual({ active: 1 });
    sleeps[0]?.wake();
    expect(await ended).toBe(true);
    const status = await orchestrator.getSystemStatus();
    expect(status.agents.total).toBe(0);
    expect(status.tasks.active_assignments).toBe(1);
  });

  it('does not wait for an idle agent, nor when it is told not to be graceful', async () => {
    const { orchestrator, sleeps } = world();
    await orchestrator.spawnAgent('qa_engineer', 'busy');
    await orchestrator.delegateTask('d', 't');
    await orchestrator.spawnAgent('qa_engineer', 'idle');
    expect(await orchestrator.shutdownAgent('idle')).toBe(true);
    expect(await orchestrator.shutdownAgent('busy', false)).toBe(true);
    expect(sleeps).toEqual([]);
  });

  it('fails with the text of a KeyError when another call removed the agent during the wait', async () => {
    const { orchestrator, sleeps } = world();
    await orchestrator.spawnAgent('qa_engineer', "it's");
    await orchestrator.delegateTask('d', 't');
    const slow = orchestrator.shutdownAgent("it's");
    expect(await orchestrator.shutdownAgent("it's", false)).toBe(true);
    sleeps[0]?.wake();
    await expect(slow).rejects.toThrow(new SimpleOrchestratorError(`Failed to shutdown agent: "it's"`));
  });

  it('tells times as Python does and counts what succeeded', async () => {
    const { orchestrator, pass } = world();
    await orchestrator.spawnAgent('qa_engineer', 'a');
    pass(8_000_000 - 123_456);
    await orchestrator.delegateTask('d', 't');
    await orchestrator.shutdownAgent('nobody');
    pass(123_456);

    expect(await orchestrator.getSystemStatus()).toEqual({
      timestamp: '2025-08-19T10:11:20.123456',
      agents: {
        total: 1,
        by_status: { active: 1 },
        details: {
          a: {
            id: 'a',
            role: 'qa_engineer',
            status: 'active',
            current_task_id: 'id-1',
            created_at: '2025-08-19T10:11:12.123456',
            last_activity: '2025-08-19T10:11:20',
          },
        },
      },
      tasks: { active_assignments: 1 },
      performance: { operations_count: 2, operations_per_second: 0.25, response_time_ms: 0 },
      health: 'healthy',
    });
  });

  it('calls a house without agents no_agents, and divides by a second at least', async () => {
    const { orchestrator } = world();
    const status = await orchestrator.getSystemStatus();
    expect(status.health).toBe('no_agents');
    expect(status.agents).toEqual({ total: 0, by_status: {}, details: {} });
    expect(status.performance.operations_per_second).toBe(0);
  });
});
