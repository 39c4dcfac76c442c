import { messageOf } from '../../parts/steps.ts';
import type { Bench, Benchmark } from '../config.ts';
import type { BenchmarkResult } from '../shapes.ts';
import { median } from '../statistics/shift.ts';

/** Rounds that are not counted: the compiler and the caches take them. */
const WARM_UP_ROUNDS = 3;

export type Effort = {
  readonly rounds: number;
  readonly perRound: number;
  /** Monotonic milliseconds. */
  readonly stopwatch: () => number;
  readonly signal: AbortSignal;
};

/**
 * Runs a benchmark in rounds and keeps the median of each. Never throws: what kept it from being measured stands
 * in its result.
 */
export async function measureBenchmark(
  name: string,
  benchmark: Benchmark,
  bench: Bench,
  effort: Effort,
): Promise<BenchmarkResult> {
  const roundsMs: number[] = [];
  const result = (failed: string | null): BenchmarkResult => ({
    name,
    says: benchmark.says,
    roundsMs,
    medianMs: roundsMs.length === 0 ? null : median(roundsMs),
    failed,
  });
  try {
    await benchmark.setUp?.(bench);
    for (let round = -WARM_UP_ROUNDS; round < effort.rounds; round++) {
      if (effort.signal.aborted) return result('it was cancelled');
      const middleMs = await measureRound(benchmark, bench, effort);
      if (round >= 0) roundsMs.push(middleMs);
    }
    return result(null);
  } catch (error) {
    return result(messageOf(error));
  }
}

async function measureRound(benchmark: Benchmark, bench: Bench, { perRound, stopwatch }: Effort): Promise<number> {
  const timesMs: number[] = [];
  for (let i = 0; i < perRound; i++) {
    const startedMs = stopwatch();
    const afterwards = await benchmark.once(bench);
    timesMs.push(stopwatch() - startedMs);
    await afterwards?.();
  }
  return median(timesMs);
}
