export type BenchmarkResult = {
  readonly metric: string;
  /** `null`: not measured, or no number; `unit` then says why, or what it is. */
  readonly value: number | null;
  readonly unit: string;
  /** What it was measured beside, in the same run. */
  readonly against: string | null;
  /** value / value of `against`. */
  readonly ratio: number | null;
  readonly target: string | null;
  readonly met: boolean | null;
};

export type BenchmarkOptions = {
  /** Measure also what takes long, where a benchmark has such a part. */
  readonly full: boolean;
};

export type Benchmark = { readonly run: (options: BenchmarkOptions) => Promise<readonly BenchmarkResult[]> };

/** A value with three digits that is held against nothing. */
export function figure(metric: string, value: number, unit: string): BenchmarkResult {
  return { metric, value: Number(value.toPrecision(3)), unit, against: null, ratio: null, target: null, met: null };
}

/** What must come out as none at all. */
export function none(metric: string, value: number, unit = ''): BenchmarkResult {
  return { ...figure(metric, 0, unit), value, target: '0', met: value === 0 };
}

/** The row of what could not be measured: it stands where its figure would, and meets no target. */
export function notMeasured(metric: string, why: string, target: string | null): BenchmarkResult {
  const met = target === null ? null : false;
  return { metric, value: null, unit: `not measured: ${why}`, against: null, ratio: null, target, met };
}
