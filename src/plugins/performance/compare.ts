import type { Comparison } from './shapes.ts';
import { holm } from './statistics/holm.ts';
import { rankTest } from './statistics/mann-whitney.ts';
import { median, shiftOf } from './statistics/shift.ts';

/** Values of each metric. A value is the median of a round or of half a minute, never one call. */
export type Samples = Readonly<Record<string, readonly number[]>>;

export type Demand = {
  /** Chance of even one false finding among all metrics that are compared. */
  readonly alpha: number;
  /** A change that is smaller is no finding, however certain. */
  readonly thresholdPercent: number;
};

/** Below this many values on a side nothing is concluded. */
export const VALUES_MIN = 8;

/**
 * What became slower or faster, metric by metric, smaller being better. A finding needs both: certainty (rank test,
 * corrected over all metrics and both directions) and size (shift of the medians). Neighbouring calls share the
 * weather of the machine, so calls are no independent values; medians of rounds are, as nearly as one gets.
 */
export function compare(baseline: Samples, current: Samples, demand: Demand): Comparison[] {
  const metrics = Object.keys(current).filter((metric) => Object.hasOwn(baseline, metric));
  const measured = metrics.map((metric) => measure(metric, baseline[metric] ?? [], current[metric] ?? []));
  const tested = measured.filter(({ isTested }) => isTested);
  const corrected = holm(tested.flatMap(({ slower, faster }) => [slower.p, faster.p]));
  return measured.map((row) => {
    const at = tested.indexOf(row);
    const p = at === -1 ? null : { slower: corrected[2 * at] ?? 1, faster: corrected[2 * at + 1] ?? 1 };
    return judged(row, p, demand);
  });
}

type Measured = ReturnType<typeof measure>;

function measure(metric: string, baseline: readonly number[], current: readonly number[]) {
  const isTested = baseline.length >= VALUES_MIN && current.length >= VALUES_MIN;
  return {
    metric,
    isTested,
    baselineMedian: medianOf(baseline),
    currentMedian: medianOf(current),
    slowdownPercent: isTested ? relative(shiftOf(baseline, current), median(baseline)) : null,
    slower: isTested ? rankTest(baseline, current) : NOT_TESTED,
    faster: isTested ? rankTest(current, baseline) : NOT_TESTED,
  };
}

function medianOf(values: readonly number[]): number | null {
  return values.length === 0 ? null : median(values);
}

const NOT_TESTED = { p: 1, method: 'exact' } as const;

function judged(
  { metric, baselineMedian, currentMedian, slowdownPercent, slower }: Measured,
  p: { readonly slower: number; readonly faster: number } | null,
  { alpha, thresholdPercent }: Demand,
): Comparison {
  const row = { metric, baselineMedian, currentMedian, method: slower.method };
  if (p === null || slowdownPercent === null) return { ...row, slowdownPercent: null, p: null, verdict: 'too_few' };
  const isSlower = p.slower <= alpha && slowdownPercent > thresholdPercent;
  const isFaster = p.faster <= alpha && slowdownPercent < -thresholdPercent;
  const verdict = isSlower ? 'regression' : isFaster ? 'improvement' : 'same';
  return { ...row, slowdownPercent, p: Math.min(p.slower, p.faster), verdict };
}

function relative(shift: number, to: number): number {
  if (shift === 0) return 0;
  return to === 0 ? Math.sign(shift) * Number.MAX_VALUE : (shift / to) * 100;
}
