import { describe, expect, it } from 'vitest';
import { MemoryStore } from '../../../src/kernel/index.ts';
import { automation } from '../../../src/plugins/automation/plugin.ts';
import { automationState, BOUNDS } from '../../../src/plugins/automation/state.ts';
import { failureOf, load, task } from '../../kernel/hooks/support.ts';
import { alertListener } from '../support/alert-listener.ts';
import { type PluginRig, rig } from '../support/rig.ts';

const noHealing = { plugins: { automation: { healing: { enabled: false } } } };

/** Fails or completes so many tasks on one agent. */
async function end({ orchestrator, settle }: PluginRig, agentId: string, times: number, ok = false, type = 't') {
  for (let i = 0; i < times; i++) {
    const { id } = await orchestrator.delegateTask({ type, agentId });
    if (ok) await orchestrator.completeTask(id);
    else await orchestrator.failTask(id, { message: `disk ${i} is full` });
    await settle();
  }
}

describe('the breaker of an agent', () => {
  it('vetoes tasks that name it, says when to ask again, lets one trial through and closes', async () => {
    const { heard, plugin } = alertListener();
    const rigged = await rig([automation, plugin], noHealing);
    const { orchestrator, pass, settle, spawn } = rigged;
    const agent = await spawn();
    await end(rigged, agent.id, 5);
    const refused = () => failureOf(() => orchestrator.delegateTask({ type: 't', agentId: agent.id }));
    expect(await refused()).toMatchObject({ code: 'VETOED' });
    await pass(59_999);
    expect((await refused()).message).toMatch(/work fails again and again: the breaker of agent id-1 is open/);
    await pass(1);
    const trial = await orchestrator.delegateTask({ type: 't', agentId: agent.id });
    expect(await refused()).toMatchObject({ code: 'VETOED' });
    await orchestrator.completeTask(trial.id);
    await settle();
    await end(rigged, agent.id, 1, true);
    expect(heard.filter((line) => line.includes('breaker'))).toEqual([
      `warning automation:breaker:agent:${agent.id}`,
      `resolved automation:breaker:agent:${agent.id}`,
    ]);
  });

  it('tells the caller when to ask again', async () => {
    const rigged = await rig([automation], noHealing);
    const agent = await rigged.spawn();
    await end(rigged, agent.id, 5);
    await rigged.pass(20_000);
    await expect(rigged.orchestrator.delegateTask({ type: 't', agentId: agent.id })).rejects.toMatchObject({
      retryAfterMs: 40_000,
    });
  });

  it('sends work to the others', async () => {
    const rigged = await rig([automation], noHealing);
    const { orchestrator, spawn, pass } = rigged;
    const [bad, good, also] = [await spawn(), await spawn(), await spawn()];
    await end(rigged, bad.id, 5);
    const tasks = [await orchestrator.delegateTask({ type: 't' }), await orchestrator.delegateTask({ type: 't' })];
    expect(tasks.map(({ agentId }) => agentId)).toEqual([good.id, also.id]);
    for (const { id } of tasks) await orchestrator.completeTask(id);
    await pass(60_000);
    expect((await orchestrator.use(automation).circuitStatus())[`agent:${bad.id}`]?.state).toEqual({
      kind: 'half_open',
      trial: null,
    });
    expect((await orchestrator.delegateTask({ type: 't' })).agentId).toBe(good.id);
  });

  it('fails fast when every agent that may run a task keeps failing', async () => {
    const rigged = await rig([automation], noHealing);
    const { orchestrator, spawn } = rigged;
    const agent = await spawn({ capabilities: ['x'] });
    await end(rigged, agent.id, 5);
    expect(await failureOf(() => orchestrator.delegateTask({ type: 't', capabilities: ['x'] }))).toMatchObject({
      code: 'VETOED',
    });
    await spawn({ capabilities: ['y'] });
    expect(await failureOf(() => orchestrator.delegateTask({ type: 't', capabilities: ['x'] }))).toMatchObject({
      code: 'VETOED',
    });
    expect((await orchestrator.delegateTask({ type: 't', capabilities: ['y'] })).state).toBe('running');
    expect((await orchestrator.delegateTask({ type: 't', capabilities: ['z'] })).state).toBe('queued');
  });

  it('makes a trial of whatever task reaches the agent', async () => {
    const rigged = await rig([automation], noHealing);
    const { orchestrator, spawn, pass, settle } = rigged;
    const agent = await spawn();
    await end(rigged, agent.id, 5);
    await pass(60_000);
    const first = await orchestrator.delegateTask({ type: 't' });
    await settle();
    expect((await orchestrator.use(automation).circuitStatus())[`agent:${agent.id}`]?.state).toMatchObject({
      trial: { taskId: first.id },
    });
    expect(await failureOf(() => orchestrator.delegateTask({ type: 't' }))).toMatchObject({ code: 'VETOED' });
    await orchestrator.failTask(first.id, { message: 'still broken' });
    await settle();
    expect((await orchestrator.use(automation).circuitStatus())[`agent:${agent.id}`]).toMatchObject({
      state: { kind: 'open', why: 'the trial failed' },
      opened: 2,
    });
  });

  it('keeps tasks away that were queued before it opened; one of them is the trial', async () => {
    const rigged = await rig([automation], noHealing);
    const { orchestrator, spawn, pass, settle, delegate } = rigged;
    const [bad, good] = [await spawn({ tasksMax: 3 }), await spawn()];
    await delegate({ agentId: good.id });
    await end(rigged, bad.id, 4);
    const last = [await delegate(), await delegate(), await delegate()];
    const queued = [await delegate(), await delegate(), await delegate()];
    const running = () => queued.filter(({ id }) => orchestrator.getTask(id)?.state === 'running').map(({ id }) => id);
    await orchestrator.failTask(last[0]?.id ?? '', { message: 'broken' });
    const [early] = running();
    await settle();
    await orchestrator.failTask(last[1]?.id ?? '', { message: 'broken' });
    // The first took the place before anybody had heard of the failure; no other follows.
    expect(running()).toEqual([early]);
    await pass(60_000);
    const trials = running().filter((id) => id !== early);
    expect(trials).toHaveLength(1);
    await orchestrator.failTask(trials[0] ?? '', { message: 'still broken' });
    await settle();
    await pass(59_999);
    expect(running()).toEqual([early]);
    await pass(1);
    const next = running().filter((id) => id !== early);
    expect(next).toHaveLength(1);
    await orchestrator.completeTask(next[0] ?? '');
    await settle();
    expect((await orchestrator.use(automation).circuitStatus())[`agent:${bad.id}`]?.state.kind).toBe('closed');
    expect((await delegate({ agentId: bad.id })).state).toBe('running');
  });

  it('keeps work away after a restart of the kernel too', async () => {
    const store = new MemoryStore();
    const first = await rig([automation], { ...noHealing, store });
    const agent = await first.spawn();
    await end(first, agent.id, 4);
    const [fifth, next, waiting] = [await first.delegate(), await first.delegate(), await first.delegate()];
    await first.orchestrator.failTask(fifth.id, { message: 'broken' });
    await first.settle();
    await first.orchestrator.completeTask(next.id);
    expect(first.task(waiting).state).toBe('queued');
    await first.orchestrator.close();
    const { orchestrator, pass, task } = await rig([automation], { ...noHealing, store });
    expect([orchestrator.getAgent(agent.id)?.state, task(waiting).state]).toEqual(['idle', 'queued']);
    await pass(60_000);
    expect(task(waiting).state).toBe('running');
  });

  it('does not count what is not the fault of the agent', async () => {
    const { orchestrator, spawn, pass, settle } = await rig([automation], noHealing);
    const agent = await spawn();
    await orchestrator.delegateTask({ type: 't', deadlines: { runMs: 'never' } });
    for (let i = 0; i < 6; i++)
      await orchestrator.delegateTask({ type: 't', agentId: agent.id, deadlines: { queueMs: 10 } });
    await pass(20);
    await settle();
    expect(orchestrator.listTasks({ states: ['failed'] })).toHaveLength(6);
    expect(await orchestrator.use(automation).circuitStatus()).toEqual({});
  });

  it('tries an agent at once that was started anew, and forgets one that was stopped', async () => {
    const rigged = await rig([automation], noHealing);
    const { orchestrator, spawn, pass, settle } = rigged;
    const agent = await spawn({ deadlines: { heartbeatMs: 1_000 } });
    await end(rigged, agent.id, 5);
    orchestrator.heartbeat(agent.id);
    await pass(1_000);
    await pass(500);
    expect(orchestrator.getAgent(agent.id)).toMatchObject({ state: 'idle', restarts: 1 });
    expect((await orchestrator.use(automation).circuitStatus())[`agent:${agent.id}`]?.state).toEqual({
      kind: 'half_open',
      trial: null,
    });
    expect(await orchestrator.use(automation).agentHealth()).toMatchObject([
      { lostHeartbeats: 1, breaker: 'half_open' },
    ]);
    await orchestrator.shutdownAgent(agent.id);
    await settle();
    expect(await orchestrator.use(automation).circuitStatus()).toEqual({});
  });

  it('can be closed by hand', async () => {
    const rigged = await rig([automation], noHealing);
    const agent = await rigged.spawn();
    await end(rigged, agent.id, 5);
    const { resetCircuit } = rigged.orchestrator.use(automation);
    expect([await resetCircuit({ key: `agent:${agent.id}` }), await resetCircuit({ key: 'agent:x' })]).toEqual([
      true,
      false,
    ]);
    expect((await rigged.delegate({ agentId: agent.id })).state).toBe('running');
  });
});

describe('the breaker of a type', () => {
  it('is there when asked for, and leaves other types alone', async () => {
    const config = { plugins: { automation: { healing: { enabled: false }, breaker: { scopes: ['type'] } } } };
    const rigged = await rig([automation], config);
    const { orchestrator, spawn, pass } = rigged;
    const agent = await spawn();
    await end(rigged, agent.id, 5, false, 'bad');
    expect(await failureOf(() => orchestrator.delegateTask({ type: 'bad' }))).toMatchObject({ code: 'VETOED' });
    await end(rigged, agent.id, 1, true, 'good');
    await pass(60_000);
    await end(rigged, agent.id, 2, true, 'bad');
    expect((await orchestrator.use(automation).circuitStatus())['type:bad']?.state.kind).toBe('closed');
  });
});

describe('error patterns', () => {
  it('see through ids, numbers and quoted texts, and say where to look', async () => {
    const { heard, plugin } = alertListener();
    const rigged = await rig([automation, plugin], noHealing);
    const { orchestrator, spawn, pass } = rigged;
    const [a, b] = [await spawn(), await spawn()];
    await end(rigged, a.id, 4, false, 'one');
    expect(await orchestrator.use(automation).errorPatterns({ standing: true })).toEqual([]);
    await end(rigged, b.id, 1, false, 'two');
    const [pattern] = await orchestrator.use(automation).errorPatterns({ standing: true });
    expect(pattern).toMatchObject({
      code: 'task_error',
      shape: 'disk <n> is full',
      count: 5,
      agents: [a.id, b.id],
      types: ['one', 'two'],
      spread: 'everywhere',
    });
    expect(heard).toEqual([`critical automation:pattern:${pattern?.id}`]);
    await pass(299_000);
    expect(heard).toHaveLength(1);
    await pass(2_000);
    expect(heard.slice(1)).toEqual([`resolved automation:pattern:${pattern?.id}`]);
    expect(await orchestrator.use(automation).errorPatterns({ standing: true })).toEqual([]);
    expect(await orchestrator.use(automation).errorPatterns()).toMatchObject([{ count: 0, countEver: 5 }]);
  });

  it('tell one agent from one type', async () => {
    const rigged = await rig([automation], noHealing);
    const [a, b] = [await rigged.spawn(), await rigged.spawn()];
    await end(rigged, a.id, 3, false, 'one');
    const spreads = async () => (await rigged.orchestrator.use(automation).errorPatterns()).map(({ spread }) => spread);
    expect(await spreads()).toEqual(['one_agent']);
    await end(rigged, b.id, 1, false, 'one');
    expect(await spreads()).toEqual(['one_type']);
  });

  it('are kept within bounds', async () => {
    const state = automationState.initial();
    const plugins = await load([{ ...automation, state: { version: 1, initial: () => state } }]);
    for (let i = 0; i < BOUNDS.patternsMax + 4; i++) {
      const error = { code: `c${i}`, message: 'x', retryable: true };
      plugins.observe('on_task_failed', { task: task({ agentId: `a${i}` }), error, attempt: 1, willRetry: false });
    }
    await plugins.observed();
    expect([state.patterns.size, state.limitsHit.get('patternsMax')]).toEqual([BOUNDS.patternsMax, 4]);
    for (let i = 0; i < BOUNDS.breakersMax; i++) {
      const error = { code: 'c', message: 'x', retryable: true };
      plugins.observe('on_task_failed', { task: task({ agentId: `b${i}` }), error, attempt: 1, willRetry: false });
    }
    await plugins.observed();
    expect([state.breakers.size, state.limitsHit.get('breakersMax')]).toEqual([
      BOUNDS.breakersMax,
      BOUNDS.patternsMax + 4,
    ]);
    await plugins.close();
  });

  it('of breakers beyond the bound, the oldest goes with its alert and lets its agent have work again', async () => {
    const released: string[] = [];
    const holding = {
      holdOff: () => {},
      release: (_holder: unknown, agentId: string) => void released.push(agentId),
      releaseAll: () => {},
      handOver: () => {},
    };
    const plugins = await load([automation], { holding });
    const error = { code: 'c', message: 'x', retryable: true };
    const fail = (agentId: string) =>
      plugins.observe('on_task_failed', { task: task({ agentId }), error, attempt: 1, willRetry: false });
    const alerts = () => plugins.alerts().filter(({ id }) => id.includes('breaker'));
    for (let i = 0; i < 5; i++) fail('first');
    await plugins.observed();
    expect(alerts()).toHaveLength(1);
    for (let i = 0; i < BOUNDS.breakersMax; i++) fail(`b${i}`);
    await plugins.observed();
    expect([alerts(), released]).toEqual([[], ['first']]);
    await plugins.close();
  });

  it('cost little, however hostile the message', async () => {
    const { shapeOf } = await import('../../../src/plugins/automation/fingerprint.ts');
    expect(shapeOf(`id 123e4567-e89b-12d3-a456-426614174000 of "a b" at 0xFF`)).toBe('id <id> of <text> at <n>');
    expect(shapeOf(`${'"'.repeat(100_001)}${'0'.repeat(100_000)}`).length).toBeLessThanOrEqual(3_000);
  });
});
