import { describe, expect, it } from 'vitest';
import { isV2Id } from '../../../src/contract/ids.ts';
import { BOUNDS } from '../../../src/plugins/development/state.ts';
import { watch, workshop } from './support.ts';

describe('a mock agent', () => {
  it('is an agent of the kernel that answers by type', async () => {
    const { use, orchestrator, settle, task } = await workshop();
    const behavior = { successRate: 1, responses: { build: { ok: [1, 2] } } };
    const { id } = await use.mockAgent({ role: 'builder', capabilities: ['c'], behavior, attributes: { desk: 7 } });
    expect(isV2Id(id)).toBe(true);
    expect(orchestrator.getAgent(id)).toMatchObject({ role: 'builder', attributes: { desk: 7, mock: true } });
    const build = await orchestrator.delegateTask({ type: 'build', capabilities: ['c'] });
    const inherited = await orchestrator.delegateTask({ id: 't2', type: 'constructor' });
    await settle();
    expect(task(build).result).toEqual({ ok: [1, 2] });
    expect(task(inherited).result).toEqual({ mock: true, taskId: 't2', agentId: id, result: 'task t2 was pretended' });
    expect(await use.mockAgents()).toMatchObject([{ id, role: 'builder', runs: 2, failures: 0 }]);
    expect((await use.traces({ event: 'mock_task_executed' })).map(({ agentId }) => agentId)).toEqual([id, id]);
    await orchestrator.shutdownAgent(id);
    await settle();
    expect(await use.mockAgents()).toEqual([]);
  });

  it('that has a task waiting is known before it is spawned', async () => {
    const { use, orchestrator, settle, task } = await workshop();
    const waiting = await orchestrator.delegateTask({ type: 'x' });
    await use.mockAgent({ role: 'worker', behavior: { successRate: 1 } });
    await settle();
    expect(task(waiting).state).toBe('completed');
  });

  it('takes its time, unless it is to be fast', async () => {
    const { use, orchestrator, settle, pass, task } = await workshop({ fast: false });
    await use.mockAgent({ role: 'worker', behavior: { successRate: 1 } });
    const slow = await orchestrator.delegateTask({ type: 'x' });
    await settle();
    await pass(99);
    expect(task(slow).state).toBe('running');
    await pass(1);
    await settle();
    expect(task(slow).state).toBe('completed');
  });

  it('fails its share of tasks, the same ones with the same seed', async () => {
    const outcomes = async (seed: number) => {
      const { use, orchestrator, settle, task } = await workshop();
      await use.mockAgent({ role: 'worker', behavior: { successRate: 0.5, seed } });
      const ends: string[] = [];
      for (let i = 0; i < 40; i++) {
        const done = await orchestrator.delegateTask({ type: 'x' });
        await settle();
        ends.push(task(done).state);
      }
      return ends;
    };
    const [one, same, other] = [await outcomes(1), await outcomes(1), await outcomes(2)];
    expect(one).toEqual(same);
    expect(one).not.toEqual(other);
    const failed = one.filter((state) => state === 'failed').length;
    expect(failed).toBeGreaterThan(10);
    expect(failed).toBeLessThan(30);
  });

  it('is one of ten at most, and one that did not come is none', async () => {
    const { use } = await workshop({}, { agentsMax: 11 });
    const { id } = await use.mockAgent({ role: 'worker' });
    await expect(use.mockAgent({ id, role: 'worker' })).rejects.toMatchObject({ code: 'DUPLICATE_ID' });
    expect(await use.mockAgents()).toMatchObject([{ id }]);
    await Promise.all(Array.from({ length: 9 }, () => use.mockAgent({ role: 'worker' })));
    await expect(use.mockAgent({ role: 'worker' })).rejects.toMatchObject({ code: 'OVERLOADED' });
    expect(await use.mockAgents()).toHaveLength(10);
  });

  it('is held at a breakpoint before it begins', async () => {
    const { use, orchestrator, settle, task } = await workshop({ debug: true });
    await use.mockAgent({ role: 'worker', behavior: { successRate: 1 } });
    await use.setBreakpoint({ place: 'run', where: { role: 'worker' } });
    const [first, second] = [
      await orchestrator.delegateTask({ type: 'x' }),
      await orchestrator.delegateTask({ type: 'x' }),
    ];
    await settle();
    expect(task(first).state).toBe('running');
    const release = async (how: 'resume' | 'abort') => {
      const [held] = await use.held();
      await use.release({ id: held?.id ?? '', how });
      await settle();
    };
    await release('resume');
    await release('abort');
    expect([task(first).state, task(second).state]).toEqual(['completed', 'failed']);
    expect(task(second).error).toMatchObject({ code: 'aborted', retryable: false });
  });

  it('that is held goes on when the plugin goes', async () => {
    const { use, orchestrator, settle, task } = await workshop({ debug: true });
    await use.mockAgent({ role: 'worker', behavior: { successRate: 1 } });
    await use.setBreakpoint({ place: 'run' });
    const { id } = await orchestrator.delegateTask({ type: 'x' });
    await settle();
    expect(task({ id }).state).toBe('running');
    await orchestrator.unloadPlugin('development');
    await settle();
    expect(task({ id }).state).toBe('completed');
  });
});

describe('a mocked service', () => {
  it('answers as it was told, and what is built in the same every time', async () => {
    const { use, pass, settle } = await workshop();
    const ask = (name: string, operation: string, input: null | object = null) =>
      use.callService({ name, operation, input: input as never });
    const plan = await ask('anthropic', 'messages', { prompt: 'a shed' });
    expect(plan).toEqual({ role: 'assistant', content: [{ type: 'text', text: 'A plan for: a shed' }] });
    expect(await ask('anthropic', 'messages', { prompt: 'a shed' })).toEqual(plan);
    await use.mockService({ name: 'anthropic', answers: { messages: 'no' } });
    expect(await ask('anthropic', 'messages')).toBe('no');
    await use.mockService({ name: 'slow', answers: { op: 1 }, delayMs: 50 });
    const slow = watch(ask('slow', 'op'));
    await settle();
    expect(slow.how).toBe('waits');
    await pass(50);
    expect(slow).toMatchObject({ how: 'done', value: 1 });
    await expect(ask('slow', 'constructor')).rejects.toThrow('there is no mocked slow.constructor: it has op');
    await expect(ask('constructor', 'x')).rejects.toThrow('no service of this name is mocked');
    expect(await use.services()).toMatchObject([
      { name: 'anthropic', operations: ['messages'], calls: 3 },
      { name: 'openai', calls: 0 },
      { name: 'github', calls: 0 },
      { name: 'slow', operations: ['op'], calls: 1 },
    ]);
    expect(await use.traces({ event: 'service_called' })).toHaveLength(4);
  });

  it('is one of so many', async () => {
    const { use } = await workshop();
    for (let i = 0; i < BOUNDS.servicesMax; i++) await use.mockService({ name: `s${i}`, answers: {} });
    await expect(use.mockService({ name: 'one more', answers: {} })).rejects.toMatchObject({ code: 'OVERLOADED' });
    await use.mockService({ name: 's0', answers: { a: 1 } });
  });
});

describe('a simulated failure', () => {
  it('is refused unless the config allows it, or where it cannot happen', async () => {
    const { use } = await workshop();
    await expect(use.simulateFailure({ component: 'agents', failure: 'error' })).rejects.toThrow(
      'set simulateFailures',
    );
    const { use: allowed } = await workshop({ simulateFailures: true });
    await expect(allowed.simulateFailure({ component: 'spawn', failure: 'delay' })).rejects.toMatchObject({
      code: 'BAD_INPUT',
    });
  });

  it('of a call vetoes it, for as long as it was told to', async () => {
    const { use, orchestrator, pass } = await workshop({ simulateFailures: true });
    await use.simulateFailure({ component: 'task:build', failure: 'refuse' });
    await use.simulateFailure({ component: 'role:worker', failure: 'refuse', durationMs: 1_000 });
    await orchestrator.delegateTask({ type: 'other' });
    await expect(orchestrator.delegateTask({ type: 'build' })).rejects.toThrow('a simulated failure of task:build');
    await expect(orchestrator.spawnAgent({ role: 'worker' })).rejects.toThrow('a simulated failure of role:worker');
    await pass(1_000);
    await orchestrator.spawnAgent({ role: 'worker' });
    expect(await use.failures()).toMatchObject([{ component: 'task:build' }]);
    await pass(59_000);
    expect(await use.failures()).toEqual([]);
    await orchestrator.delegateTask({ type: 'build' });
  });

  it('of agents and services makes them fail or slow', async () => {
    const { use, orchestrator, settle, pass, task } = await workshop({ simulateFailures: true });
    const { id: agentId } = await use.mockAgent({ role: 'worker', behavior: { successRate: 1 } });
    const { id } = await use.simulateFailure({ component: `agent:${agentId}`, failure: 'error' });
    const failed = await orchestrator.delegateTask({ type: 'x' });
    await settle();
    expect(task(failed)).toMatchObject({
      state: 'failed',
      error: { message: `a simulated failure of agent:${agentId}` },
    });
    expect(await use.endFailure({ id })).toBe(true);
    expect(await use.endFailure({ id })).toBe(false);
    await use.simulateFailure({ component: 'agents', failure: 'delay', delayMs: 500 });
    const slow = await orchestrator.delegateTask({ type: 'x' });
    await settle();
    expect(task(slow).state).toBe('running');
    await pass(500);
    await settle();
    expect(task(slow).state).toBe('completed');
    await use.simulateFailure({ component: 'service:github', failure: 'error' });
    await expect(use.callService({ name: 'github', operation: 'create_pull_request' })).rejects.toThrow(
      'service:github',
    );
    expect(await use.callService({ name: 'openai', operation: 'chat' })).toMatchObject({ choices: [{}] });
    expect((await orchestrator.getHealthStatus()).sections.development).toMatchObject({
      failures: ['delay of agents', 'error of service:github'],
    });
  });

  it('is one of so many', async () => {
    const { use } = await workshop({ simulateFailures: true });
    for (let i = 0; i < BOUNDS.failuresMax; i++) await use.simulateFailure({ component: 'agents', failure: 'error' });
    await expect(use.simulateFailure({ component: 'agents', failure: 'error' })).rejects.toMatchObject({
      code: 'OVERLOADED',
    });
  });
});
