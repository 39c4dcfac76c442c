import type { HookName } from '../../contract/hooks.ts';
import { definePlugin } from '../../contract/plugins.ts';
import { quantile } from '../parts/histogram.ts';
import { baselineFrom, keepBaseline } from './baselines.ts';
import { settleWaiter } from './benchmarks/bench.ts';
import { runBenchmarks, runRegression } from './benchmarks/run.ts';
import { capabilities } from './capabilities.ts';
import { performanceConfig } from './config.ts';
import { subscribe, unsubscribe } from './listeners.ts';
import { liveOf } from './live.ts';
import { watchBaseline } from './live-watch.ts';
import { runLoadTest } from './load-test/run.ts';
import { startMonitor } from './monitor.ts';
import { recommendations } from './recommendations.ts';
import { chooseAgent, routingAnalytics } from './routing.ts';
import { cancelRun, isOfBenchmark } from './runs.ts';
import { distributionOf, recordValue } from './series.ts';
import { type Context, performanceState } from './state.ts';
import { summarize, vitalsOf } from './summary.ts';
import { agentGone, summariesOf, taskCompleted, taskDelegated, taskFailed } from './tasks.ts';
import { begin, end } from './tick.ts';

/** Measures the kernel and its agents, says what became slower, and can route by what it learned. */
export const performance = definePlugin({
  name: 'performance',
  version: '1.0.0',
  says: 'metrics, baselines, regression detection, benchmarks and load tests',
  // On the way in, it sees what security and context made of a call.
  order: 'post',
  after: ['security', 'context'],
  state: performanceState,
  config: performanceConfig,
  writes: { before_task_delegate: { attributes: 'merge' }, on_health_check: { sections: 'merge' } },
  // A suite or a load test takes minutes.
  budgets: { capabilityMs: 900_000 },
  initialize: begin,
  dispose: end,
  hooks: {
    before_task_delegate({ type }, { config, state }) {
      if (!config.estimates) return undefined;
      const runMs = state.types.get(type)?.runMs;
      const expectedRunMs = runMs === undefined ? null : quantile(runMs, 0.5);
      return expectedRunMs === null ? undefined : { attributes: { expectedRunMs } };
    },
    choose_agent: chooseAgent,
    on_performance_metric(metric, context) {
      if (isOfBenchmark(metric.taskId) || isOfBenchmark(metric.agentId)) return;
      seen('on_performance_metric', context);
      recordValue(metric, context);
    },
    on_task_delegated(event, context) {
      if (isOfBenchmark(event.task.id)) return;
      seen('on_task_delegated', context);
      taskDelegated(event, context);
    },
    on_task_completed(event, context) {
      settleWaiter(event.task, liveOf(context));
      if (isOfBenchmark(event.task.id)) return;
      seen('on_task_completed', context);
      taskCompleted(event, context);
    },
    on_task_failed(event, context) {
      settleWaiter(event.task, liveOf(context));
      if (isOfBenchmark(event.task.id)) return;
      seen('on_task_failed', context);
      taskFailed(event, context);
    },
    on_task_cancelled({ task }, context) {
      settleWaiter(task, liveOf(context));
      if (!isOfBenchmark(task.id)) seen('on_task_cancelled', context);
    },
    on_task_queued({ task, queued }, context) {
      if (isOfBenchmark(task.id)) return;
      seen('on_task_queued', context);
      context.state.queued = queued;
    },
    on_no_agent_available({ task }, context) {
      if (!isOfBenchmark(task.id)) seen('on_no_agent_available', context);
    },
    on_task_reassigned(_event, context) {
      seen('on_task_reassigned', context);
    },
    on_agent_stopped({ agent }, context) {
      if (isOfBenchmark(agent.id)) return;
      seen('on_agent_stopped', context);
      agentGone(agent.id, context);
    },
    on_health_check: (_event, context) => ({ sections: { [context.plugin]: section(context) } }),
  },
  capabilities,
  serve: {
    metrics(input, context) {
      const { windowMs, names } = input ?? {};
      const chosen = [...context.state.series].filter(([name]) => names === undefined || names.includes(name));
      const byName = chosen.flatMap(([name, series]) => {
        const distribution = distributionOf(series, context, windowMs);
        return distribution === null ? [] : [[name, distribution] as const];
      });
      const atMs = context.now();
      return { atMs, sinceMs: atMs - (windowMs ?? 86_400_000), byName: Object.fromEntries(byName) };
    },
    emitMetric(input, context) {
      const metric = { ...input, atMs: context.now() };
      recordValue(metric, context);
      context.emit('on_performance_metric', metric);
    },
    taskSummary: (input, context) => summariesOf(context, input?.type),
    async track({ type, work }, context) {
      const startedMs = context.config.stopwatch();
      const took = (name: string) => {
        const value = context.config.stopwatch() - startedMs;
        recordValue({ name: `${name}:${type}`, value, unit: 'ms' }, context);
        return value;
      };
      try {
        const result = await work();
        return { result, tookMs: took('tracked_ms') };
      } catch (error) {
        took('tracked_failed_ms');
        throw error;
      }
    },
    routingAnalytics: (_input, context) => routingAnalytics(context),
    hookMetrics: (_input, { state, now }) => ({
      sinceMs: state.startedAtMs ?? now(),
      events: Object.fromEntries(state.events),
    }),
    summary: (_input, context) => summarize(context),
    recommendations: (_input, context) => recommendations(context),
    optimize(_input, context) {
      const all = recommendations(context);
      const applied = all.filter(({ kind }) => kind === 'route_fastest');
      if (applied.length > 0) context.state.routing = 'fastest';
      return { applied, left: all.filter((one) => !applied.includes(one)) };
    },
    subscribe: ({ listener }, context) => ({ id: subscribe(listener, context) }),
    unsubscribe: ({ id }, context) => unsubscribe(id, context),
    runBenchmarks,
    runRegression,
    loadTest: runLoadTest,
    monitor: startMonitor,
    runStatus: ({ id }, { state }) => state.runs.get(id) ?? null,
    cancelRun: ({ id }, context) => cancelRun(id, context),
    saveBaseline: ({ name, runId }, context) => baselineFrom(name, runId, context),
    addBaseline: (baseline, context) => void keepBaseline(baseline, context),
    baseline: ({ name }, { state }) => state.baselines.get(name) ?? null,
    watchBaseline: ({ name }, context) => watchBaseline(name, context),
  },
});

function seen(hook: HookName, { state }: Context): void {
  state.events.set(hook, (state.events.get(hook) ?? 0) + 1);
}

/** Its part of the health report. */
function section(context: Context) {
  const { state } = context;
  const { atMs: _atMs, ...vitals } = vitalsOf(context);
  return { ...vitals, regressions: [...state.regressions.keys()], limitsHit: Object.fromEntries(state.limitsHit) };
}
