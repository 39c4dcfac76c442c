import { requireBaseline } from './baselines.ts';
import { compare, type Samples } from './compare.ts';
import type { Comparison } from './shapes.ts';
import type { Context, LiveWatch } from './state.ts';

/** Compares live figures with a baseline from now on; `null` ends it. @throws {BanyanError} BAD_INPUT */
export function watchBaseline(name: string | null, context: Context): void {
  const samples = name === null ? {} : requireBaseline(name, context).samples;
  for (const metric of context.state.regressions.keys()) resolve(metric, context);
  context.state.live = name === null ? null : { baseline: name, samples, looks: 0, fresh: new Map() };
}

/**
 * Told of the medians of a half-minute that is over. Looks once there are enough new ones; no value is looked at
 * twice. Look k may err with probability alpha * 6 / (pi k)^2, which sums to alpha over all looks there will ever
 * be, so looking again and again does not raise the chance of a false alarm.
 */
export function lookLive(closed: ReadonlyMap<string, number>, context: Context): void {
  const { state, config } = context;
  const { live } = state;
  if (live === null) return;
  for (const metric of config.regression.metrics) {
    const value = closed.get(metric);
    if (value === undefined) continue;
    live.fresh.set(metric, [...(live.fresh.get(metric) ?? []), value]);
  }
  const { samplesPerLook } = config.regression;
  const ready = [...live.fresh].filter(([, values]) => values.length >= samplesPerLook);
  if (ready.length === 0) return;
  live.looks++;
  for (const [metric] of ready) live.fresh.delete(metric);
  judge(Object.fromEntries(ready), live, context);
}

function judge(current: Samples, { samples, looks }: LiveWatch, context: Context): void {
  const { alpha, thresholdPercent } = context.config.regression;
  const spent = (alpha * 6) / (Math.PI * looks) ** 2;
  for (const row of compare(samples, current, { alpha: spent, thresholdPercent })) settle(row, context);
}

/** Resolved only when it is clearly back: at half the threshold. */
function settle(row: Comparison, context: Context): void {
  const { regressions } = context.state;
  const { thresholdPercent } = context.config.regression;
  if (row.verdict === 'regression') {
    const isNew = !regressions.has(row.metric);
    regressions.set(row.metric, row);
    if (isNew) raise(row, context);
  } else if (regressions.has(row.metric) && (row.slowdownPercent ?? 0) < thresholdPercent / 2) {
    resolve(row.metric, context);
  }
}

function raise({ metric, slowdownPercent, p }: Comparison, { emit, now, plugin }: Context): void {
  const slower = `${Math.round(slowdownPercent ?? 0)} % slower than its baseline`;
  emit('on_alert_raised', {
    id: `${plugin}:regression:${metric}`,
    severity: 'warning',
    message: `${metric} is ${slower} (p = ${(p ?? 1).toExponential(1)})`,
    atMs: now(),
  });
}

function resolve(metric: string, { state, emit, now, plugin }: Context): void {
  if (state.regressions.delete(metric))
    emit('on_alert_resolved', { id: `${plugin}:regression:${metric}`, atMs: now() });
}
