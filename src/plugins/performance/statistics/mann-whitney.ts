import { upperTail } from './normal.ts';

export type RankTest = {
  /** Probability of ranks at least this high for `current`, were both drawn from one distribution. One-sided. */
  readonly p: number;
  readonly method: 'exact' | 'normal';
};

/** Up to this many values on each side, and without ties, the distribution is counted out. */
const EXACT_MAX = 40;

/**
 * Whether `current` tends to be larger than `baseline`: the rank-sum test of Mann and Whitney (1947).
 * It assumes no shape of the distribution, which latencies need: they are skewed, and one pause of the garbage
 * collector must not decide. Normal approximation with tie correction where the exact distribution is too dear.
 */
export function rankTest(baseline: readonly number[], current: readonly number[]): RankTest {
  const [n, m] = [current.length, baseline.length];
  const { u, ties } = statistic(baseline, current);
  const hasTies = ties > 0;
  if (!hasTies && n <= EXACT_MAX && m <= EXACT_MAX) return { p: exactUpperTail(n, m, u), method: 'exact' };
  const total = n + m;
  const variance = ((n * m) / 12) * (total + 1 - ties / (total * (total - 1)));
  if (variance <= 0) return { p: 1, method: 'normal' };
  const p = upperTail((u - 0.5 - (n * m) / 2) / Math.sqrt(variance));
  return { p: Math.max(p, leastP(n, m)), method: 'normal' };
}

/**
 * One over the ways to part the values into two sides of these sizes: no ranks are rarer. Far out in the tail the
 * approximation would claim more than that.
 */
function leastP(n: number, m: number): number {
  let p = 1;
  for (let i = 1; i <= n; i++) p *= i / (m + i);
  return p;
}

/** U: pairs in which `current` is larger, ties for half. `ties`: the sum of t^3 - t over groups of t equal values. */
function statistic(baseline: readonly number[], current: readonly number[]): { u: number; ties: number } {
  const all = [
    ...baseline.map((value) => ({ value, isCurrent: false })),
    ...current.map((value) => ({ value, isCurrent: true })),
  ].sort((a, b) => a.value - b.value);
  let rankSum = 0;
  let ties = 0;
  for (let from = 0; from < all.length; ) {
    let to = from;
    while (to < all.length && all[to]?.value === all[from]?.value) to++;
    const group = all.slice(from, to);
    const middleRank = (from + 1 + to) / 2;
    rankSum += middleRank * group.filter(({ isCurrent }) => isCurrent).length;
    ties += group.length ** 3 - group.length;
    from = to;
  }
  return { u: rankSum - (current.length * (current.length + 1)) / 2, ties };
}

/**
 * P(U >= u) by the recursion over whether the largest value belongs to the one side or the other:
 * f(n, m, u) = n/(n+m) f(n-1, m, u-m) + m/(n+m) f(n, m-1, u). All terms are positive, so nothing cancels.
 */
function exactUpperTail(n: number, m: number, u: number): number {
  /** Of `row[j][k]`: probability of U = k for i and j values. */
  let row: Float64Array[] = Array.from({ length: m + 1 }, () => Float64Array.of(1));
  for (let i = 1; i <= n; i++) {
    const next: Float64Array[] = [Float64Array.of(1)];
    for (let j = 1; j <= m; j++) next.push(mixed(i, j, row[j] as Float64Array, next[j - 1] as Float64Array));
    row = next;
  }
  const probabilities = row[m] as Float64Array;
  return probabilities.subarray(Math.ceil(u)).reduce((sum, probability) => sum + probability, 0);
}

function mixed(i: number, j: number, oneFewer: Float64Array, otherFewer: Float64Array): Float64Array {
  const probabilities = new Float64Array(i * j + 1);
  for (let k = 0; k <= i * j; k++) {
    probabilities[k] = (i * (oneFewer[k - j] ?? 0) + j * (otherFewer[k] ?? 0)) / (i + j);
  }
  return probabilities;
}
