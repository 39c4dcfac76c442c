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

/** One row a benchmark; loaded only when it is run. */
export const BENCHMARKS = {
  codemod: () => import('./codemod.ts'),
  compare: () => import('./compare.ts'),
  hooks: () => import('./hooks.ts'),
  kernel: () => import('./kernel.ts'),
  shadow: () => import('./shadow.ts'),
} as const satisfies Record<string, () => Promise<Benchmark>>;
