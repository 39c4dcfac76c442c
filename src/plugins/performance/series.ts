import type { PerformanceMetric } from '../../contract/hooks.ts';
import { addBounded, getBounded, hit } from '../parts/bounded.ts';
import { type Histogram, mean, merged, newHistogram, quantile, record } from '../parts/histogram.ts';
import { type Span, sliceNow, slicesOf } from '../parts/window.ts';
import type { Distribution } from './shapes.ts';
import { BOUNDS, type Context, newSeries, type Series } from './state.ts';

/** A day. */
export const SPAN: Span = { sliceMs: 30 * 60_000, slicesMax: 49 };

export function recordValue(
  { name, value, unit }: Pick<PerformanceMetric, 'name' | 'value' | 'unit'>,
  context: Context,
) {
  const { state, now } = context;
  const gone = (over: number) => hit(state.limitsHit, 'seriesMax', over);
  const series = getBounded(state.series, name, () => newSeries(unit), BOUNDS.seriesMax, gone);
  record(sliceNow(series.window, SPAN, now(), newHistogram), value);
  record(series.running, value);
}

/** Closes the half-minute that ran. Gives the new medians of those metrics that had enough calls. */
export function closeRunning({ state, config }: Context): ReadonlyMap<string, number> {
  const closed = new Map<string, number>();
  for (const [name, series] of state.series) {
    const running = series.running;
    series.running = newHistogram();
    const middle = running.count < config.regression.callsMin ? null : quantile(running, 0.5);
    if (middle === null) continue;
    addBounded(series.medians, middle, BOUNDS.mediansMax);
    closed.set(name, middle);
  }
  return closed;
}

/** `null`: nothing in that time. */
export function distributionOf(series: Series, context: Context, windowMs?: number): Distribution | null {
  return describe(merged(slicesOf(series.window, SPAN, context.now(), windowMs)), series.unit);
}

export function describe(histogram: Histogram, unit: string): Distribution | null {
  const average = mean(histogram);
  if (average === null) return null;
  const { count, min, max } = histogram;
  const at = (share: number) => quantile(histogram, share) ?? average;
  return { count, mean: average, min, max, p50: at(0.5), p95: at(0.95), p99: at(0.99), unit };
}

/** Of the last hour; `null`: nothing in that time. */
export function lately(name: string, share: number, { state, now }: Context): number | null {
  const series = state.series.get(name);
  if (series === undefined) return null;
  return quantile(merged(slicesOf(series.window, SPAN, now(), 3_600_000)), share);
}
