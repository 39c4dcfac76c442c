import type { HookEvents } from '../../contract/hooks.ts';
import { hit, setBounded } from '../parts/bounded.ts';
import { type Histogram, merged, newHistogram, quantile, record } from '../parts/histogram.ts';
import { isLive } from '../parts/replacement.ts';
import { newWindow, type Span, sliceNow, slicesOf } from '../parts/window.ts';
import { downtimeMs } from './availability.ts';
import type { AlertRule } from './rules.ts';
import { BOUNDS, type Context, type Counts, type Reported, type Sample } from './state.ts';

/** An hour, minute by minute. */
export const SPAN: Span = { sliceMs: 60_000, slicesMax: 61 };
const HOUR_MS = 3_600_000;

// ── what happens is counted ─────────────────────────────────────────────────────────────────────────

/** The minute that runs. */
export function countsNow({ state, now }: Context): Counts {
  return sliceNow(state.counts, SPAN, now(), newCounts);
}

function newCounts(): Counts {
  return {
    attempts: 0,
    failedAttempts: 0,
    completed: 0,
    failed: 0,
    agentFailures: 0,
    refusedSpawns: 0,
    answerMs: newHistogram(),
    queueMs: newHistogram(),
    runMs: newHistogram(),
  };
}

/** The kernel's own metrics have their place; any other name is kept as reported. */
const KERNEL_METRICS: ReadonlyMap<string, (counts: Counts) => Histogram> = new Map([
  ['spawn_ms', (counts: Counts) => counts.answerMs],
  ['delegate_ms', (counts: Counts) => counts.answerMs],
  ['queue_ms', (counts: Counts) => counts.queueMs],
  ['run_ms', (counts: Counts) => counts.runMs],
]);

export function recordMetric({ name, value }: HookEvents['on_performance_metric'], context: Context): void {
  const histogramOf = KERNEL_METRICS.get(name);
  if (histogramOf !== undefined) record(histogramOf(countsNow(context)), value);
  else recordReported(name, value, context);
}

function recordReported(name: string, value: number, { state, now }: Context): void {
  if (!Number.isFinite(value)) return;
  const window = state.reported.get(name) ?? newWindow<Reported>();
  hit(state.limitsHit, 'reportedMax', setBounded(state.reported, name, window, BOUNDS.reportedMax));
  const slice = sliceNow(window, SPAN, now(), () => ({ count: 0, sum: 0, max: value, latest: value }));
  slice.count++;
  slice.sum += value;
  slice.max = Math.max(slice.max, value);
  slice.latest = value;
}

// ── and measured ────────────────────────────────────────────────────────────────────────────────────

/** Measures everything now. What there is not enough of to measure is missing. */
export async function measure(context: Context): Promise<Sample> {
  const fleet = await fleetNow(context);
  const probe = context.config.probe();
  const values = new Map<string, number | null>([
    ...Object.entries(fleet),
    ...Object.entries(flow(context)),
    ['cpu_percent', probe.cpuPercent],
    ['memory_percent', probe.memoryPercent],
  ]);
  const measured = [...values].filter((entry): entry is [string, number] => entry[1] !== null);
  return { atMs: context.now(), values: new Map(measured) };
}

export type Fleet = Awaited<ReturnType<typeof fleetNow>>;

/** Agents, the places where they can run tasks, and the tasks that wait for one. Rehearsals do not count. */
export async function fleetNow({ kernel, state }: Context) {
  const agents = (await kernel.listAgents()).filter((agent) => !agent.rehearsal);
  const live = agents.filter(isLive);
  const queued = (await kernel.listTasks({ states: ['queued'], limit: BOUNDS.queuedCountedMax })).filter(
    (task) => !task.rehearsal,
  );
  if (queued.length === BOUNDS.queuedCountedMax) hit(state.limitsHit, 'queuedCountedMax');
  const places = live.reduce((sum, { tasksMax }) => sum + tasksMax, 0);
  const taken = live.reduce((sum, { taskIds }) => sum + taskIds.length, 0);
  return {
    agents_live: live.length,
    agents_busy: live.filter((agent) => agent.state === 'busy').length,
    agents_failed: agents.filter((agent) => agent.state === 'failed').length,
    places,
    places_taken: taken,
    queued: queued.length,
  };
}

function flow(context: Context) {
  const { state, now, config } = context;
  const { windowMs, samplesMin } = config.sla;
  const lately = slicesOf(state.counts, SPAN, now(), windowMs);
  const lastHour = slicesOf(state.counts, SPAN, now(), HOUR_MS);
  const sum = (slices: readonly Counts[], of: (counts: Counts) => number) =>
    slices.reduce((total, counts) => total + of(counts), 0);
  const share = (part: number, of: number) => (of < samplesMin ? null : (part / of) * 100);
  const p95 = (of: (counts: Counts) => Histogram) => {
    const all = merged(lately.map(of));
    return all.count < samplesMin ? null : quantile(all, 0.95);
  };
  const attempts = sum(lately, (counts) => counts.attempts);
  const completed = sum(lately, (counts) => counts.completed);
  const failed = sum(lately, (counts) => counts.failed);
  return {
    error_percent: share(
      sum(lately, (counts) => counts.failedAttempts),
      attempts,
    ),
    completion_percent: share(completed, completed + failed),
    completed_tasks_per_hour: sum(lastHour, (counts) => counts.completed),
    failed_tasks_per_hour: sum(lastHour, (counts) => counts.failed),
    agent_failures_per_hour: sum(lastHour, (counts) => counts.agentFailures),
    refused_spawns_per_hour: sum(lastHour, (counts) => counts.refusedSpawns),
    response_p95_ms: p95((counts) => counts.answerMs),
    queue_p95_ms: p95((counts) => counts.queueMs),
    run_p95_ms: p95((counts) => counts.runMs),
    availability_percent: (1 - downtimeMs(context) / Math.max(1, observedMs(context))) * 100,
  };
}

/** How long the SLA window reaches back: not to before it was loaded. */
export function observedMs({ state, now, config }: Context): number {
  return Math.min(config.sla.windowMs, now() - (state.startedAtMs ?? now()));
}

/** The value that a rule judges; `null` when it was not measured. */
export function valueFor(rule: AlertRule, { values }: Sample, { state, now }: Context): number | null {
  const value = values.get(rule.metric);
  if (value !== undefined) return value;
  const window = state.reported.get(rule.metric);
  const slices = window === undefined ? [] : slicesOf(window, SPAN, now(), rule.windowMs);
  return slices.length === 0 ? null : AGGREGATES[rule.aggregate](slices);
}

const AGGREGATES = {
  latest: (slices) => slices.at(-1)?.latest ?? 0,
  max: (slices) => Math.max(...slices.map(({ max }) => max)),
  sum: (slices) => total(slices, ({ sum }) => sum),
  mean: (slices) => total(slices, ({ sum }) => sum) / total(slices, ({ count }) => count),
} as const satisfies Record<AlertRule['aggregate'], (slices: readonly Reported[]) => number>;

function total(slices: readonly Reported[], of: (slice: Reported) => number): number {
  return slices.reduce((sum, slice) => sum + of(slice), 0);
}

/** All that is known by name, reported metrics by their latest value. */
export function allValues({ values }: Sample, { state, now }: Context): Readonly<Record<string, number>> {
  const reported = [...state.reported].flatMap(([name, window]) => {
    const latest = slicesOf(window, SPAN, now()).at(-1)?.latest;
    return latest === undefined ? [] : [[name, latest] as const];
  });
  return Object.fromEntries([...reported, ...values]);
}
