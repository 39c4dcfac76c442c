export type BenchmarkResult = {
  readonly metric: string;
  readonly value: number;
  readonly unit: string;
  /** What it was measured beside, in the same run. */
  readonly against: string | null;
  /** value / value of `against`. */
  readonly ratio: number | null;
  readonly target: string | null;
  readonly met: boolean | null;
};

export type Benchmark = { readonly run: () => Promise<readonly BenchmarkResult[]> };
