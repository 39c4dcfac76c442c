import { describe, expect, it } from 'vitest';
import type { z } from 'zod';
import type { ScenarioResult, scenario } from '../../../src/plugins/development/shapes.ts';
import { BOUNDS } from '../../../src/plugins/development/state.ts';
import { watch, workshop } from './support.ts';

type Steps = z.input<typeof scenario>['steps'];
const states = ({ steps }: ScenarioResult) => steps.map(({ step, state }) => `${step} ${state}`);
const sure = { successRate: 1 };

/** Runs steps as a scenario. */
async function play(steps: Steps, config: object = {}, more: object = {}) {
  const shop = await workshop(config);
  await shop.use.addScenario({ id: 's', says: 'a test', steps, ...more });
  return { ...shop, run: () => shop.use.runScenario({ id: 's' }) };
}

describe('a scenario', () => {
  it.each(['basic_task_delegation', 'multi_agent_coordination'])('that comes with the plugin works: %s', async (id) => {
    const { use, orchestrator } = await workshop();
    const result = await use.runScenario({ id });
    expect(result).toMatchObject({ scenario: id, success: true });
    expect(result.steps.every(({ state }) => state === 'done')).toBe(true);
    expect(result.tasks.every(({ state }) => state === 'completed')).toBe(true);
    expect(orchestrator.listAgents()).toEqual([]);
    expect(await use.scenarioResults()).toEqual([result]);
    expect((await use.traces({ scenario: id })).map(({ event }) => event)).toContain('mock_task_executed');
  });

  it('that nobody knows is an error; a step that fails is an answer', async () => {
    const { use, run } = await play([
      { do: 'mock_agent', as: 'a', role: 'worker', behavior: { successRate: 0 } },
      { do: 'delegate', as: 't', type: 'x', agent: 'a' },
      { do: 'await', tasks: ['t'] },
      { do: 'expect_time', atMostMs: 1 },
    ]);
    await expect(use.runScenario({ id: 'nope' })).rejects.toThrow(
      'there is no scenario "nope"; known are basic_task_delegation, multi_agent_coordination, s',
    );
    const result = await run();
    expect(states(result)).toEqual(['mock_agent done', 'delegate done', 'await failed', 'expect_time skipped']);
    expect(result.steps[2]?.detail).toMatch(/^t is failed: mock agent .* failed, as it was told to$/);
    expect(result).toMatchObject({ success: false, tasks: [{ as: 't', state: 'failed' }] });
  });

  it('checks results, agents, times and services', async () => {
    const agents: Steps = ['a', 'b'].map((as) => ({
      do: 'mock_agent',
      as,
      role: 'worker',
      behavior: { ...sure, responses: { x: [1] } },
    }));
    const base: Steps = [
      ...agents,
      { do: 'delegate', as: 't', type: 'x', agent: 'a' },
      { do: 'await', tasks: ['t'] },
      { do: 'wait', ms: 10 },
    ];
    const checks: readonly (readonly [Steps[number], string | null])[] = [
      [{ do: 'expect_result', task: 't', equals: [1] }, null],
      [{ do: 'expect_result', task: 't', equals: [2] }, 'the result of t is [1], not [2]'],
      [{ do: 'expect_result', task: 'u', equals: 1 }, 'no earlier step made "u"; there are t'],
      [{ do: 'expect_agents', tasks: ['t'], atLeast: 1 }, null],
      [{ do: 'expect_agents', tasks: ['t'], atLeast: 2 }, '1 agents did it, not 2'],
      [{ do: 'expect_time', atMostMs: 10 }, null],
      [{ do: 'expect_time', atMostMs: 9 }, 'it took 10 ms, more than 9'],
      [
        { do: 'call_service', service: 'github', operation: 'create_pull_request', equals: 1 },
        'github.create_pull_request answered {"number":1,"state":"open","title":""}, not 1',
      ],
      [{ do: 'call_service', service: 'github', operation: 'create_pull_request' }, null],
      [{ do: 'shutdown', agent: 'b' }, null],
    ];
    for (const [check, error] of checks) {
      const { run, pass, settle } = await play([...base, check]);
      const result = watch(run());
      await settle();
      await pass(10);
      await settle();
      expect(result.how).toBe('done');
      expect(result.value?.success, JSON.stringify(check)).toBe(error === null);
      if (error !== null) expect(result.value?.steps.at(-1)?.detail).toBe(error);
    }
  });

  it('ends when its time is up, and leaves nothing behind', async () => {
    const steps: Steps = [
      { do: 'mock_agent', as: 'a', role: 'worker', behavior: { ...sure, delayMs: 60_000 } },
      { do: 'delegate', as: 't', type: 'x', agent: 'a' },
      { do: 'delegate', as: 'u', type: 'x', agent: 'a', dependsOn: ['t'] },
      { do: 'await', tasks: ['t'] },
    ];
    const { run, pass, settle, orchestrator } = await play(steps, { fast: false });
    const result = watch(run());
    await settle();
    await pass(30_000);
    await settle();
    expect(result.value?.steps.at(-1)).toMatchObject({
      state: 'failed',
      detail: expect.stringContaining('still running'),
    });
    expect(orchestrator.listAgents()).toEqual([]);
    expect(orchestrator.listTasks().map(({ state }) => state)).toEqual(['cancelled', 'cancelled']);
  });

  it('without cleanup leaves its agents', async () => {
    const { run, orchestrator } = await play([{ do: 'mock_agent', as: 'a', role: 'w' }], {}, { cleanup: false });
    await run();
    expect(orchestrator.listAgents()).toHaveLength(1);
  });

  it('runs alone', async () => {
    const { run, use, pass, settle } = await play([{ do: 'wait', ms: 100 }]);
    const first = watch(run());
    await settle();
    await expect(use.runScenario({ id: 'basic_task_delegation' })).rejects.toMatchObject({ code: 'OVERLOADED' });
    await pass(100);
    await settle();
    expect(first.value?.success).toBe(true);
    await use.runScenario({ id: 'basic_task_delegation' });
  });

  it('can be gone through step by step; the time that takes is not its own', async () => {
    const steps: Steps = [
      { do: 'mock_agent', as: 'a', role: 'worker', behavior: sure },
      { do: 'delegate', as: 't', type: 'x', agent: 'a' },
      { do: 'await', tasks: ['t'] },
    ];
    const { run, use, settle, pass } = await play(steps, { debug: true }, { timeoutMs: 100_000 });
    await use.setBreakpoint({ place: 'scenario_step', where: { type: 's' }, once: true });
    const result = watch(run());
    for (const _step of steps) {
      await settle();
      expect(result.how).toBe('waits');
      const [held] = await use.held();
      expect(held).toMatchObject({ place: 'scenario_step', type: 's' });
      await pass(90_000);
      await use.release({ id: held?.id ?? '', how: 'step' });
    }
    await settle();
    expect(result.value).toMatchObject({ success: true, tookMs: 0 });
    const again = watch(run());
    await settle();
    const [held] = await use.held();
    await use.release({ id: held?.id ?? '', how: 'abort' });
    await settle();
    expect(again.value?.steps.map(({ state }) => state)).toEqual(['failed', 'skipped', 'skipped']);
  });

  it('is one of so many, and replaces the one with its id', async () => {
    const { use } = await workshop();
    const of = (id: string) => ({ id, says: '', steps: [{ do: 'wait' as const, ms: 1 }] });
    for (let i = 0; i < BOUNDS.scenariosMax; i++) await use.addScenario(of(`s${i}`));
    await expect(use.addScenario(of('one more'))).rejects.toMatchObject({ code: 'OVERLOADED' });
    await use.addScenario({ ...of('s0'), says: 'another' });
    expect((await use.scenarios()).find(({ id }) => id === 's0')?.says).toBe('another');
  });
});

describe('a sandbox session', () => {
  const sizes = [
    ['simple', 5],
    ['moderate', 7],
    ['complex', 9],
  ] as const;

  it.each(sizes)('of %s complexity does its %i tasks one after the other', async (complexity, tasks) => {
    const { use, orchestrator, settle, pass } = await workshop();
    const started = await use.startSandbox({ sessionId: 's1', description: 'a shed', complexity });
    expect(started.tasks).toHaveLength(tasks);
    expect(started.estimatedEndMs - started.startedAtMs).toBe(600_000);
    await settle();
    await pass(2_000);
    await settle();
    const during = await use.sandboxStatus({ sessionId: 's1' });
    expect(during).toMatchObject({ state: 'running', progress: Math.floor(100 / tasks) });
    expect(during?.tasks.map(({ state }) => state).slice(0, 3)).toEqual(['completed', 'running', 'pending']);
    for (let i = 1; i < tasks; i++) {
      await pass(2_000);
      await settle();
    }
    const status = await use.sandboxStatus({ sessionId: 's1' });
    expect(status).toMatchObject({
      state: 'completed',
      progress: 100,
      mockServices: ['anthropic', 'openai', 'github'],
    });
    expect(status?.endedAtMs).not.toBeNull();
    expect(status?.tasks[0]).toMatchObject({
      id: 's1-understanding',
      agentId: 'architect-001',
      artifact: {
        name: 'Requirements Analysis Result',
        type: 'ai_response',
        content: 'A plan for: Requirements Analysis: a shed',
      },
    });
    expect(orchestrator.listAgents().map(({ id }) => id)).toHaveLength(5);
    expect((await use.services())[0]).toMatchObject({ name: 'anthropic', calls: tasks });
  });

  it('shows its own tasks only, whatever its name begins with', async () => {
    const { use } = await workshop();
    for (const sessionId of ['s1', 's10']) await use.startSandbox({ sessionId, description: '' });
    expect((await use.sandboxStatus({ sessionId: 's1' }))?.tasks).toHaveLength(5);
    expect(await use.sandboxStatus({ sessionId: 's' })).toBeNull();
    await expect(use.startSandbox({ sessionId: 's1', description: '' })).rejects.toMatchObject({
      code: 'DUPLICATE_ID',
    });
  });

  it('goes on without a service that fails, and says when a task fails', async () => {
    const { use, orchestrator, settle, pass } = await workshop({ simulateFailures: true });
    await use.simulateFailure({ component: 'service:anthropic', failure: 'error', durationMs: 3_000 });
    await use.startSandbox({ sessionId: 's1', description: 'x' });
    await settle();
    await pass(2_000);
    await settle();
    const first = await use.sandboxStatus({ sessionId: 's1' });
    expect(first?.tasks[0]?.artifact).toMatchObject({ type: 'completion_notice' });
    await orchestrator.cancelTask('s1-planning');
    await settle();
    expect(await use.sandboxStatus({ sessionId: 's1' })).toMatchObject({ state: 'error' });
  });

  it('is refused where the sandbox is off, and forgotten where its agents do not come', async () => {
    const { use } = await workshop({ sandbox: { enabled: false } });
    await expect(use.startSandbox({ sessionId: 's1', description: '' })).rejects.toThrow('the sandbox is off');
    const { use: crowded } = await workshop({}, { agentsMax: 4 });
    await expect(crowded.startSandbox({ sessionId: 's1', description: '' })).rejects.toMatchObject({
      code: 'AT_CAPACITY',
    });
    expect(await crowded.sandboxStatus({ sessionId: 's1' })).toBeNull();
  });

  it('is one of so many; the oldest go', async () => {
    const { use, orchestrator } = await workshop();
    for (let i = 0; i <= BOUNDS.sessionsMax; i++) await use.startSandbox({ sessionId: `s${i}`, description: '' });
    expect(await use.sandboxStatus({ sessionId: 's0' })).toBeNull();
    expect(await use.sandboxStatus({ sessionId: 's1' })).not.toBeNull();
    expect((await orchestrator.getHealthStatus()).sections.development).toMatchObject({
      sandboxSessions: BOUNDS.sessionsMax,
      limitsHit: { sessionsMax: 1 },
    });
    const state = (await orchestrator.plugins.snapshot()).development?.state as { sandboxTasks: Map<string, string> };
    expect(state.sandboxTasks.size).toBe(5 * BOUNDS.sessionsMax);
  });
});
