/**
 * Counts of values in buckets that grow by 2 %: any quantile is within 1 % of the true value, whatever its
 * size, and two histograms merge exactly. Plain data, so that it can stand in a plugin's state.
 * After Masson, Rim, Lee: "DDSketch", VLDB 2019.
 */
export type Histogram = {
  count: number;
  sum: number;
  min: number;
  max: number;
  /** Bucket i holds values in (GROWTH^(i-1), GROWTH^i]. */
  readonly buckets: Map<number, number>;
};

const GROWTH = 1.02;
const LN_GROWTH = Math.log(GROWTH);
/** 10^-9 to 10^12: beyond, the edge bucket counts. Negative values and zero count as the least. */
const BUCKET_MIN = -1_047;
const BUCKET_MAX = 1_396;

export function newHistogram(): Histogram {
  return { count: 0, sum: 0, min: Number.POSITIVE_INFINITY, max: Number.NEGATIVE_INFINITY, buckets: new Map() };
}

export function record(histogram: Histogram, value: number): void {
  if (!Number.isFinite(value)) return;
  const bucket = bucketOf(value);
  histogram.count++;
  histogram.sum += value;
  histogram.min = Math.min(histogram.min, value);
  histogram.max = Math.max(histogram.max, value);
  histogram.buckets.set(bucket, (histogram.buckets.get(bucket) ?? 0) + 1);
}

/** `share` 0..1. `null` when nothing was recorded. */
export function quantile(histogram: Histogram, share: number): number | null {
  if (histogram.count === 0) return null;
  const rank = share * (histogram.count - 1);
  if (rank >= histogram.count - 1) return histogram.max;
  if (rank <= 0) return histogram.min;
  let seen = 0;
  for (const [bucket, count] of [...histogram.buckets].sort(([a], [b]) => a - b)) {
    seen += count;
    if (seen > rank) return within(histogram, middleOf(bucket));
  }
  return histogram.max;
}

export function mean({ sum, count }: Histogram): number | null {
  return count === 0 ? null : sum / count;
}

export function merged(all: Iterable<Histogram>): Histogram {
  const total = newHistogram();
  for (const histogram of all) {
    total.count += histogram.count;
    total.sum += histogram.sum;
    total.min = Math.min(total.min, histogram.min);
    total.max = Math.max(total.max, histogram.max);
    for (const [bucket, count] of histogram.buckets)
      total.buckets.set(bucket, (total.buckets.get(bucket) ?? 0) + count);
  }
  return total;
}

function bucketOf(value: number): number {
  if (value <= 0) return BUCKET_MIN;
  return Math.min(BUCKET_MAX, Math.max(BUCKET_MIN, Math.ceil(Math.log(value) / LN_GROWTH)));
}

/** The value whose relative error is the same towards both edges. */
function middleOf(bucket: number): number {
  return bucket === BUCKET_MIN ? 0 : (2 * GROWTH ** bucket) / (GROWTH + 1);
}

function within({ min, max }: Histogram, value: number): number {
  return Math.min(max, Math.max(min, value));
}
