import { describe, expect, it } from 'vitest';
import { definePlugin } from '../../../src/contract/plugins.ts';
import { performance as plugin } from '../../../src/plugins/performance/plugin.ts';
import type { Summary } from '../../../src/plugins/performance/shapes.ts';
import { BOUNDS, performanceState } from '../../../src/plugins/performance/state.ts';
import { failureOf, load, task } from '../../kernel/hooks/support.ts';
import { FakeClock } from '../../kernel/support/fake-clock.ts';
import { rig } from '../support/rig.ts';

const kernel = { listTasks: async () => [], getTask: async () => null } as never;

/** Half-minutes with ten calls each, whose middle is `valueMs` with a little jitter. */
async function feed(plugins: Awaited<ReturnType<typeof load>>, clock: FakeClock, halfMinutes: number, valueMs: number) {
  for (let i = 0; i < halfMinutes; i++) {
    for (let call = 0; call < 10; call++) {
      const value = valueMs * (1 + ((i * 7 + call * 3) % 11) / 100);
      plugins.observe('on_performance_metric', {
        name: 'delegate_ms',
        value,
        unit: 'ms',
        agentId: null,
        taskId: null,
        atMs: 0,
      });
    }
    await plugins.observed();
    await clock.advance(30_000);
  }
}

describe('live figures', () => {
  it('are the metrics that the kernel and other plugins fire', async () => {
    const { orchestrator, settle, pass } = await rig([plugin]);
    const agent = await orchestrator.spawnAgent({ role: 'w' });
    const { id } = await orchestrator.delegateTask({ type: 'sing' });
    await pass(400);
    await orchestrator.completeTask(id);
    const failing = await orchestrator.delegateTask({ type: 'sing', retry: { attemptsMax: 2, pauseMs: 1 } });
    await orchestrator.failTask(failing.id, { message: 'hoarse' });
    await orchestrator.cancelTask(failing.id);
    await settle();
    const { byName } = await orchestrator.use(plugin).metrics();
    expect(Object.keys(byName).toSorted()).toEqual(['delegate_ms', 'queue_ms', 'run_ms', 'spawn_ms']);
    expect(byName.run_ms).toMatchObject({ count: 1, max: 400, unit: 'ms' });
    expect(await orchestrator.use(plugin).taskSummary({ type: 'sing' })).toMatchObject([
      { type: 'sing', completed: 1, failed: 1, successRate: 0.5, runMs: { p50: 400 } },
    ]);
    expect(await orchestrator.use(plugin).taskSummary({ type: 'dance' })).toEqual([]);
    expect((await orchestrator.use(plugin).hookMetrics()).events).toEqual({
      on_performance_metric: 6,
      on_task_delegated: 2,
      on_task_completed: 1,
      on_task_failed: 1,
      on_task_cancelled: 1,
    });
    expect(await orchestrator.use(plugin).routingAnalytics()).toMatchObject({
      delegated: 2,
      agents: [{ agentId: agent.id, delegated: 2, completed: 1, failed: 1, meanRunMs: 400 }],
    });
    await orchestrator.shutdownAgent(agent.id);
    await settle();
    expect((await orchestrator.use(plugin).routingAnalytics()).agents).toEqual([]);
  });

  it('are forgotten after a day, and asked for by name and time', async () => {
    const { orchestrator, pass } = await rig([plugin], { plugins: { performance: { tickMs: 3_600_000 } } });
    const { emitMetric, metrics } = orchestrator.use(plugin);
    await emitMetric({ name: 'letters', value: 3, unit: 'letters' });
    await emitMetric({ name: 'words', value: 1 });
    expect((await metrics({ names: ['letters'] })).byName).toMatchObject({
      letters: { count: 1, mean: 3, unit: 'letters' },
    });
    await pass(7_200_000);
    expect((await metrics({ windowMs: 3_600_000 })).byName).toEqual({});
    expect(Object.keys((await metrics()).byName)).toEqual(['letters', 'words']);
    await pass(24 * 3_600_000);
    expect((await metrics()).byName).toEqual({});
  });

  it('that a caller emits are told to the other plugins', async () => {
    const heard: unknown[] = [];
    const hears = definePlugin({
      name: 'hears',
      version: '1.0.0',
      says: 'hears metrics',
      hooks: { on_performance_metric: ({ name, value, agentId }) => void heard.push([name, value, agentId]) },
    });
    const { orchestrator, settle } = await rig([plugin, hears]);
    await orchestrator.use(plugin).emitMetric({ name: 'letters', value: 3, agentId: 'a' });
    await settle();
    expect(heard).toEqual([['letters', 3, 'a']]);
  });

  it('of a piece of work are recorded whether or not it succeeds', async () => {
    let nowMs = 0;
    const stopwatch = () => nowMs;
    const { orchestrator } = await rig([plugin], { plugins: { performance: { stopwatch } } });
    const { track, metrics } = orchestrator.use(plugin);
    const work = async () => {
      nowMs += 12;
      return 'sung';
    };
    expect(await track({ type: 'sing', work })).toEqual({ result: 'sung', tookMs: 12 });
    const broken = () => {
      nowMs += 3;
      throw new TypeError('hoarse');
    };
    expect((await failureOf(() => track({ type: 'sing', work: broken }))).message).toMatch(/hoarse/);
    expect((await metrics()).byName).toMatchObject({
      'tracked_ms:sing': { max: 12 },
      'tracked_failed_ms:sing': { max: 3 },
    });
  });
});

describe('a live baseline', () => {
  const setUp = async () => {
    const clock = new FakeClock();
    const raised: string[] = [];
    const emitted = (_plugin: string, hook: string, event: object) =>
      raised.push(`${hook} ${(event as { id: string }).id}`);
    const plugins = await load([plugin], { clock, kernel, emitted });
    return { plugins, clock, raised, use: plugins.use(plugin) };
  };

  it('raises an alert when what is measured becomes slower, and resolves it when it is back', async () => {
    const { plugins, clock, raised, use } = await setUp();
    await feed(plugins, clock, 20, 10);
    await use.saveBaseline({ name: 'calm' });
    await use.watchBaseline({ name: 'calm' });
    await feed(plugins, clock, 40, 10.3);
    expect(raised).toEqual([]);
    await feed(plugins, clock, 20, 13);
    expect(raised).toEqual(['on_alert_raised performance:regression:delegate_ms']);
    expect((await use.summary()).regressions).toMatchObject([{ metric: 'delegate_ms', verdict: 'regression' }]);
    await feed(plugins, clock, 20, 11.1);
    expect(raised).toHaveLength(1);
    await feed(plugins, clock, 20, 10);
    expect(raised.slice(1)).toEqual(['on_alert_resolved performance:regression:delegate_ms']);
    await plugins.close();
  });

  it('resolves its alerts when the watch ends', async () => {
    const { plugins, clock, raised, use } = await setUp();
    await feed(plugins, clock, 20, 10);
    await use.saveBaseline({ name: 'calm' });
    await use.watchBaseline({ name: 'calm' });
    await feed(plugins, clock, 20, 20);
    await use.watchBaseline({ name: null });
    expect(raised.map((line) => line.split(' ')[0])).toEqual(['on_alert_raised', 'on_alert_resolved']);
    await feed(plugins, clock, 20, 40);
    expect(raised).toHaveLength(2);
    await plugins.close();
  });

  it('may be looked at for ever: what each look may err by sums to alpha', async () => {
    const { plugins, clock, raised, use } = await setUp();
    await feed(plugins, clock, 20, 10);
    await use.saveBaseline({ name: 'calm' });
    await use.watchBaseline({ name: 'calm' });
    const looks = Array.from({ length: 10_000 }, (_, k) => (0.01 * 6) / (Math.PI * (k + 1)) ** 2);
    expect(looks.reduce((sum, spent) => sum + spent, 0)).toBeLessThan(0.01);
    // 8 half-minutes against 20 reach p = 3e-7 at best: certain enough for an early look, not for a late one.
    await plugins.configure('performance', { regression: { samplesPerLook: 8 } });
    for (let i = 0; i < 150; i++) await feed(plugins, clock, 8, 10);
    await feed(plugins, clock, 8, 40);
    expect(raised).toEqual([]);
    await use.watchBaseline({ name: 'calm' });
    await feed(plugins, clock, 8, 40);
    expect(raised).toHaveLength(1);
    await plugins.close();
  });

  it('is not made of nothing', async () => {
    const { plugins, clock, use } = await setUp();
    expect(await failureOf(() => use.saveBaseline({ name: 'x' }))).toMatchObject({ code: 'BAD_INPUT' });
    expect(await failureOf(() => use.watchBaseline({ name: 'x' }))).toMatchObject({ code: 'BAD_INPUT' });
    for (let i = 0; i < 4; i++) await use.emitMetric({ name: 'delegate_ms', value: 1 });
    await clock.advance(30_000);
    expect(await failureOf(() => use.saveBaseline({ name: 'x' }))).toMatchObject({ code: 'BAD_INPUT' });
    await plugins.close();
  });
});

describe('a monitor', () => {
  it('takes samples for its time, and passes when the score stays up', async () => {
    const { orchestrator, pass } = await rig([plugin]);
    const { monitor, runStatus } = orchestrator.use(plugin);
    const { id, state } = await monitor({ durationMs: 60_000, everyMs: 20_000 });
    expect(state).toBe('running');
    await pass(40_000);
    expect(await runStatus({ id })).toMatchObject({
      state: 'running',
      outcome: { samples: [{ score: 1 }, { score: 1 }] },
    });
    await pass(20_000);
    expect(await runStatus({ id })).toMatchObject({ state: 'completed', passed: true });
  });

  it('fails when the score falls, and can be cancelled', async () => {
    const { orchestrator, pass, settle } = await rig([plugin]);
    const { monitor, runStatus, emitMetric, cancelRun } = orchestrator.use(plugin);
    const first = await monitor({ durationMs: 20_000, everyMs: 10_000 });
    const second = await monitor();
    await emitMetric({ name: 'delegate_ms', value: 10_000 });
    await settle();
    await pass(20_000);
    expect(await runStatus({ id: first.id })).toMatchObject({ state: 'completed', passed: false });
    await cancelRun({ id: second.id });
    expect(await runStatus({ id: second.id })).toMatchObject({ state: 'cancelled' });
    for (let i = 0; i < BOUNDS.monitorsMax; i++) await monitor();
    expect(await failureOf(() => monitor())).toMatchObject({ code: 'OVERLOADED' });
  });
});

describe('the score', () => {
  it('is the worst of success, answers and queue', async () => {
    const { orchestrator, settle } = await rig([plugin], { plugins: { performance: { limits: { queuedMax: 2 } } } });
    const { summary } = orchestrator.use(plugin);
    expect(await summary()).toMatchObject({ score: 1, state: 'healthy', recommendations: [] });
    await orchestrator.spawnAgent({ role: 'w' });
    for (let i = 0; i < 20; i++) {
      const { id } = await orchestrator.delegateTask({ type: 't' });
      await (i < 14 ? orchestrator.completeTask(id) : orchestrator.failTask(id, { message: 'no' }));
    }
    await settle();
    const poor = await summary();
    expect(poor.score).toBeCloseTo(0.7 / 0.95);
    expect(poor).toMatchObject({ state: 'warning', recommendations: [{ kind: 'mend_type', subject: 't' }] });
    for (let i = 0; i < 6; i++) await orchestrator.delegateTask({ type: 't' });
    await settle();
    const { score, state, recommendations } = await summary();
    expect([score, state]).toEqual([2 / 5, 'critical']);
    expect(recommendations.map(({ kind }) => kind)).toEqual(['add_agents', 'mend_type']);
    expect((await orchestrator.getHealthStatus()).sections.performance).toMatchObject({
      score: 0.4,
      values: { queued: 5 },
    });
  });

  it('counts tasks that were moved', async () => {
    const { orchestrator, settle } = await rig([plugin]);
    await orchestrator.spawnAgent({ role: 'w' });
    const other = await orchestrator.spawnAgent({ role: 'w' });
    const { id } = await orchestrator.delegateTask({ type: 't' });
    await orchestrator.reassign(id, other.id);
    await settle();
    expect(await orchestrator.use(plugin).routingAnalytics()).toMatchObject({ reassigned: 1, delegated: 2, queued: 0 });
  });

  it('names capabilities that nobody has', async () => {
    const { orchestrator, settle } = await rig([plugin]);
    await orchestrator.delegateTask({ type: 't', capabilities: ['fly'] });
    await settle();
    expect(await orchestrator.use(plugin).recommendations()).toMatchObject([
      { kind: 'add_capability', evidence: { tasks: 1 } },
    ]);
  });
});

describe('listeners', () => {
  it('are told every half-minute until they unsubscribe, and cannot hold each other up', async () => {
    const { orchestrator, pass } = await rig([plugin]);
    const { subscribe, unsubscribe } = orchestrator.use(plugin);
    const told: number[] = [];
    let broken = 0;
    await subscribe({
      listener: () => {
        broken++;
        throw new Error('broken');
      },
    });
    const { id } = await subscribe({ listener: ({ score }: Summary) => void told.push(score) });
    await pass(90_000);
    expect([told, broken]).toEqual([[1, 1, 1], 3]);
    expect([await unsubscribe({ id }), await unsubscribe({ id })]).toEqual([true, false]);
    await pass(300_000);
    expect([told.length, broken]).toEqual([3, 5]);
  });

  it('are bounded', async () => {
    const { orchestrator } = await rig([plugin]);
    const { subscribe } = orchestrator.use(plugin);
    for (let i = 0; i < BOUNDS.listenersMax; i++) await subscribe({ listener: () => {} });
    expect(await failureOf(() => subscribe({ listener: () => {} }))).toMatchObject({ code: 'OVERLOADED' });
  });
});

describe('routing by what was learned', () => {
  /** One agent that takes 100 ms and one that takes 1,000; then both are free. */
  const learned = async (config = {}) => {
    const rigged = await rig([plugin], { plugins: { performance: config } });
    const { orchestrator, pass, settle } = rigged;
    const [slow, fast] = [await orchestrator.spawnAgent({ role: 'w' }), await orchestrator.spawnAgent({ role: 'w' })];
    for (let i = 0; i < 5; i++) {
      const one = await orchestrator.delegateTask({ type: 't', agentId: slow.id });
      const other = await orchestrator.delegateTask({ type: 't', agentId: fast.id });
      await pass(100);
      await orchestrator.completeTask(other.id);
      await pass(900);
      await orchestrator.completeTask(one.id);
    }
    await settle();
    return { ...rigged, slow, fast };
  };

  it('is off unless asked for, and recommended when agents differ', async () => {
    const { orchestrator, slow, fast } = await learned();
    const { optimize, routingAnalytics } = orchestrator.use(plugin);
    expect(await orchestrator.delegateTask({ type: 't' })).toMatchObject({ agentId: slow.id });
    const { applied, left } = await optimize();
    expect([applied.map(({ kind }) => kind), left.map(({ kind }) => kind)]).toEqual([
      ['route_fastest'],
      ['look_at_agent'],
    ]);
    expect(left[0]).toMatchObject({ subject: slow.id, evidence: { meanMs: 1_000, othersMs: 100 } });
    await orchestrator.completeTask(orchestrator.listTasks({ states: ['running'] })[0]?.id ?? '');
    expect(await orchestrator.delegateTask({ type: 't' })).toMatchObject({ agentId: fast.id });
    expect(await routingAnalytics()).toMatchObject({ mode: 'fastest', asked: 2, chosen: 1 });
  });

  it('takes an agent for unknown as long as it ran a type less than five times', async () => {
    const { orchestrator, pass, settle } = await learned({ routing: 'fastest' });
    const fresh = await orchestrator.spawnAgent({ role: 'w' });
    const chosen = [];
    for (let i = 0; i < 6; i++) {
      const { id, agentId } = await orchestrator.delegateTask({ type: 't' });
      chosen.push(agentId);
      await pass(5_000);
      await orchestrator.completeTask(id);
      await settle();
    }
    expect(chosen.map((agentId) => agentId === fresh.id)).toEqual([true, true, true, true, true, false]);
  });

  it('tries an agent it knows nothing of first', async () => {
    const { orchestrator } = await learned({ routing: 'fastest' });
    const fresh = await orchestrator.spawnAgent({ role: 'w' });
    expect(await orchestrator.delegateTask({ type: 't' })).toMatchObject({ agentId: fresh.id });
  });

  it('tells tasks how long their type takes, where that is asked for', async () => {
    const { orchestrator } = await learned({ estimates: true });
    const { attributes } = await orchestrator.delegateTask({ type: 't', attributes: { tenant: 'a' } });
    expect(attributes).toMatchObject({ tenant: 'a' });
    expect(attributes.expectedRunMs).toBeGreaterThan(90);
    expect((await orchestrator.delegateTask({ type: 'other' })).attributes).toEqual({});
  });
});

describe('the state of the performance plugin', () => {
  it('survives a snapshot and a restore in place', async () => {
    const plugins = await load([plugin], { kernel });
    const { emitMetric, metrics } = plugins.use(plugin);
    await emitMetric({ name: 'x', value: 1 });
    const snapshot = await plugins.snapshot();
    await emitMetric({ name: 'x', value: 2 });
    await plugins.restore(snapshot);
    expect((await metrics()).byName).toMatchObject({ x: { count: 1 } });
    await emitMetric({ name: 'x', value: 3 });
    expect((await metrics()).byName).toMatchObject({ x: { count: 2 } });
    await plugins.close();
  });

  it('stays within its bounds, and counts what it drops', async () => {
    const state = performanceState.initial();
    const plugins = await load([{ ...plugin, state: { version: 1, initial: () => state } }], { kernel });
    const { emitMetric, addBaseline } = plugins.use(plugin);
    for (let i = 0; i < BOUNDS.seriesMax + 3; i++) await emitMetric({ name: `m${i}`, value: 1 });
    for (let i = 0; i < BOUNDS.baselinesMax + 3; i++)
      await addBaseline({ name: `b${i}`, atMs: 0, source: 'x', samples: {} });
    for (let i = 0; i < BOUNDS.agentsMax + 3; i++) {
      const done = task({ type: `t${i}`, agentId: `a${i}`, state: 'completed' });
      plugins.observe('on_task_completed', { task: done, result: null, runMs: 1 });
    }
    await plugins.observed();
    expect([state.series.size, state.baselines.size, state.types.size, state.agents.size]).toEqual([
      BOUNDS.seriesMax,
      BOUNDS.baselinesMax,
      BOUNDS.typesMax,
      BOUNDS.agentsMax,
    ]);
    expect(Object.fromEntries(state.limitsHit)).toEqual({
      seriesMax: 3,
      baselinesMax: 3,
      agentsMax: 3,
      typesMax: BOUNDS.agentsMax + 3 - BOUNDS.typesMax,
    });
    await plugins.close();
  });
});
