/** The middle value; of an even number of values, the mean of the two in the middle. NaN of nothing. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  if (sorted.length % 2 === 1) return sorted[middle] as number;
  return ((sorted[middle - 1] ?? Number.NaN) + (sorted[middle] ?? Number.NaN)) / 2;
}

/** By how much `current` lies above `baseline`: the median of all pairwise differences (Hodges, Lehmann 1963). */
export function shiftOf(baseline: readonly number[], current: readonly number[]): number {
  return median(current.flatMap((value) => baseline.map((other) => value - other)));
}
