import { describe, expect, it } from 'vitest';
import type { Benchmark } from '../../../src/plugins/performance/config.ts';
import { performance as plugin } from '../../../src/plugins/performance/plugin.ts';
import type { Run } from '../../../src/plugins/performance/shapes.ts';
import { performanceState } from '../../../src/plugins/performance/state.ts';
import { failureOf, load, task } from '../../kernel/hooks/support.ts';
import { FakeClock } from '../../kernel/support/fake-clock.ts';
import { rig } from '../support/rig.ts';

/** A stopwatch that only moves when a benchmark says so, and a benchmark that takes `tookMs` with some jitter. */
function simulated() {
  const simulation = { nowMs: 0, tookMs: 10 };
  let calls = 0;
  const work: Benchmark = {
    says: 'takes a while',
    async once() {
      calls++;
      simulation.nowMs += simulation.tookMs * (1 + (calls % 7) / 100 + (calls % 40 === 0 ? 20 : 0));
      return undefined;
    },
  };
  return { simulation, work, stopwatch: () => simulation.nowMs };
}

const verdicts = ({ outcome }: Run) =>
  outcome.kind === 'benchmarks' ? outcome.comparison.map(({ metric, verdict }) => `${metric} ${verdict}`) : [];

describe('the benchmarks', () => {
  it('measure the kernel on rehearsal agents and leave nothing behind', async () => {
    const { orchestrator } = await rig([plugin]);
    const run = await orchestrator.use(plugin).runBenchmarks({ rounds: 2, perRound: 2 });
    if (run.outcome.kind !== 'benchmarks') throw new Error('no benchmarks');
    expect(run.outcome.benchmarks.map(({ name, failed, roundsMs }) => [name, failed, roundsMs.length])).toEqual([
      ['spawn_agent', null, 2],
      ['delegate_task', null, 2],
      ['task_round_trip', null, 2],
      ['burst', null, 2],
    ]);
    expect(run).toMatchObject({ state: 'completed', passed: true });
    expect(orchestrator.listAgents()).toEqual([]);
    expect(orchestrator.listTasks().every(({ rehearsal, state }) => rehearsal && state === 'completed')).toBe(true);
    expect((await orchestrator.use(plugin).metrics()).byName).toEqual({});
    expect(await orchestrator.use(plugin).taskSummary()).toEqual([]);
  });

  it('serve a pipeline: a baseline kept in a file fails the build that made something slower', async () => {
    const { simulation, work, stopwatch } = simulated();
    const config = { plugins: { performance: { benchmarks: { work }, stopwatch } } };
    const yesterday = (await rig([plugin], config)).orchestrator.use(plugin);
    await yesterday.runBenchmarks({ only: ['work'], saveAs: 'main' });
    const file = JSON.stringify(await yesterday.baseline({ name: 'main' }));

    const today = (await rig([plugin], config)).orchestrator.use(plugin);
    await today.addBaseline(JSON.parse(file));
    const same = await today.runBenchmarks({ only: ['work'], baseline: 'main' });
    expect([same.passed, verdicts(same)]).toEqual([true, ['work same']]);
    simulation.tookMs = 11;
    expect((await today.runBenchmarks({ only: ['work'], baseline: 'main' })).passed).toBe(true);
    simulation.tookMs = 12;
    const slower = await today.runBenchmarks({ only: ['work'], baseline: 'main' });
    expect([slower.passed, verdicts(slower)]).toEqual([false, ['work regression']]);
    simulation.tookMs = 5;
    const faster = await today.runBenchmarks({ only: ['work'], baseline: 'main' });
    expect([faster.passed, verdicts(faster)]).toEqual([true, ['work improvement']]);
  });

  it('compare with an earlier run, by a threshold of ones own', async () => {
    const { simulation, work, stopwatch } = simulated();
    const { orchestrator } = await rig([plugin], { plugins: { performance: { benchmarks: { work }, stopwatch } } });
    const { runBenchmarks, runRegression, saveBaseline, baseline } = orchestrator.use(plugin);
    const first = await runBenchmarks({ only: ['work'] });
    simulation.tookMs = 11.2;
    expect((await runRegression({ baseline: first.id, only: ['work'] })).passed).toBe(true);
    expect((await runRegression({ baseline: first.id, only: ['work'], thresholdPercent: 5 })).passed).toBe(false);
    await saveBaseline({ name: 'kept', runId: first.id });
    expect((await baseline({ name: 'kept' }))?.samples).toEqual(
      first.outcome.kind === 'benchmarks' ? { work: first.outcome.benchmarks[0]?.roundsMs } : {},
    );
  });

  it('refuse what is not there before anything runs', async () => {
    const { orchestrator } = await rig([plugin]);
    const { runRegression, runBenchmarks, runStatus } = orchestrator.use(plugin);
    expect(await failureOf(() => runRegression({ baseline: 'x' }))).toEqual({
      code: 'BAD_INPUT',
      message: 'there is no baseline or completed run of benchmarks "x"; baselines: none',
    });
    expect((await failureOf(() => runBenchmarks({ only: ['fly'] }))).message).toMatch(
      /no benchmark fly; there are spawn_agent/,
    );
    expect(orchestrator.listTasks()).toEqual([]);
    expect(await runStatus({ id: 'bench-1' })).toBeNull();
  });

  it('run one at a time, can be asked about and cancelled', async () => {
    const gate = Promise.withResolvers<void>();
    const stuck: Benchmark = { says: 'waits', once: () => gate.promise.then(() => undefined) };
    const { orchestrator } = await rig([plugin], { plugins: { performance: { benchmarks: { stuck } } } });
    const { runBenchmarks, loadTest, runStatus, cancelRun } = orchestrator.use(plugin);
    const { id, state } = await runBenchmarks({ only: ['stuck'], wait: false });
    expect(state).toBe('running');
    expect(await failureOf(() => loadTest())).toMatchObject({ code: 'OVERLOADED' });
    expect([await cancelRun({ id }), await cancelRun({ id: 'bench-x' })]).toEqual([true, false]);
    gate.resolve();
    await new Promise((resolve) => setImmediate(resolve));
    expect(await runStatus({ id })).toMatchObject({ state: 'cancelled', passed: false });
    expect(await cancelRun({ id })).toBe(false);
    expect((await runBenchmarks({ only: ['stuck'], rounds: 1 })).passed).toBe(true);
  });

  it('say what kept them from measuring, and fail the run', async () => {
    const broken: Benchmark = { says: 'breaks', once: () => Promise.reject(new Error('no luck')) };
    const { orchestrator } = await rig([plugin], {
      agentsMax: 1,
      plugins: { performance: { benchmarks: { broken } } },
    });
    await orchestrator.spawnAgent({ role: 'mine' });
    const run = await orchestrator.use(plugin).runBenchmarks({ only: ['broken', 'delegate_task'], rounds: 1 });
    expect(run.passed).toBe(false);
    expect(run.outcome.kind === 'benchmarks' && run.outcome.benchmarks.map(({ failed }) => failed)).toEqual([
      '1 agents count against agentsMax, which is 1',
      'no luck',
    ]);
  });
});

describe('a benchmark that waits for a task', () => {
  const config = (done: () => boolean) => {
    const waits: Benchmark = {
      says: 'waits',
      async once({ completed }) {
        await completed('t1');
        return undefined;
      },
    };
    const getTask = async () => task({ id: 't1', state: done() ? 'completed' : 'running' });
    const kernel = { getTask, listTasks: async () => [] } as never;
    return { kernel, configs: { performance: { benchmarks: { waits } } } };
  };

  it('learns of its end even when nobody told it', async () => {
    const clock = new FakeClock();
    let asked = 0;
    const plugins = await load([plugin], { clock, ...config(() => ++asked % 2 === 0) });
    const run = plugins.use(plugin).runBenchmarks({ only: ['waits'], rounds: 1, perRound: 1 });
    await clock.advance(4 * 30_000);
    expect((await run).passed).toBe(true);
    await plugins.close();
  });

  it('ends when the plugin goes', async () => {
    const state = performanceState.initial();
    const definition = { ...plugin, state: { version: 1, initial: () => state } };
    const plugins = await load([definition], { clock: new FakeClock(), ...config(() => false) });
    const { id } = await plugins.use(plugin).runBenchmarks({ only: ['waits'], wait: false });
    await plugins.unload('performance');
    await new Promise((resolve) => setImmediate(resolve));
    expect(state.runs.get(id)).toMatchObject({
      state: 'cancelled',
      outcome: { benchmarks: [{ failed: 'the plugin goes' }] },
    });
  });
});

describe('a load test', () => {
  it('takes its six phases and leaves nothing behind', async () => {
    const { orchestrator } = await rig([plugin]);
    const run = await orchestrator.use(plugin).loadTest({ agents: 8, tasksPerAgent: 3, concurrency: 4 });
    if (run.outcome.kind !== 'load_test') throw new Error('no load test');
    expect(run.outcome.phases.map(({ phase, done, failed }) => `${phase} ${done} ${failed}`)).toEqual([
      'preparation 1 0',
      'agent_spawning 8 0',
      'task_delegation 24 0',
      'concurrent_operations 26 0',
      'stress_test 80 0',
      'cleanup 1 0',
    ]);
    expect(run).toMatchObject({ state: 'completed', passed: true, outcome: { missed: [] } });
    expect(orchestrator.listAgents()).toEqual([]);
  });

  it('says which target was missed: 75 agents do not fit into 50', async () => {
    const { orchestrator } = await rig([plugin]);
    const run = await orchestrator.use(plugin).loadTest({ tasksPerAgent: 1, concurrency: 10 });
    expect(run.passed).toBe(false);
    expect(run.outcome.kind === 'load_test' && run.outcome.missed).toEqual([
      'agent_spawning: 67 % done, at least 85 % wanted (50 agents count against agentsMax, which is 50)',
    ]);
    expect(orchestrator.listAgents()).toEqual([]);
  });

  it('stops where not even one agent works, and still cleans up', async () => {
    const { orchestrator } = await rig([plugin], { agentsMax: 0 });
    const run = await orchestrator.use(plugin).loadTest();
    expect(run.outcome.kind === 'load_test' && run.outcome.phases.map(({ phase }) => phase)).toEqual([
      'preparation',
      'cleanup',
    ]);
    expect(run.passed).toBe(false);
  });
});
