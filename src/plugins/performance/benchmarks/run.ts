import type { z } from 'zod';
import { BanyanError } from '../../../contract/errors.ts';
import { requireBaseline, samplesOfRun, saveBaseline } from '../baselines.ts';
import { compare, type Samples } from '../compare.ts';
import type { Benchmark } from '../config.ts';
import { measureRun } from '../runs.ts';
import type { benchmarksInput, Run, regressionInput } from '../shapes.ts';
import type { Context } from '../state.ts';
import { openBench } from './bench.ts';
import { measureBenchmark } from './runner.ts';
import { SUITE } from './suite.ts';

type Asked = {
  readonly only?: readonly string[] | undefined;
  readonly rounds?: number | undefined;
  readonly perRound?: number | undefined;
  readonly baseline: { readonly name: string; readonly samples: Samples } | null;
  readonly saveAs: string | null;
  readonly thresholdPercent: number;
};

/** Runs the suite. @throws {BanyanError} BAD_INPUT for an unknown name, before anything runs; OVERLOADED */
export function runBenchmarks(input: z.output<typeof benchmarksInput>, context: Context): Promise<Run> | Run {
  const { only, rounds, perRound, baseline, saveAs, wait = true } = input ?? {};
  const { thresholdPercent } = context.config.regression;
  const { run, done } = begin(
    {
      only,
      rounds,
      perRound,
      baseline: baseline === undefined ? null : requireBaseline(baseline, context),
      saveAs: saveAs ?? null,
      thresholdPercent,
    },
    context,
  );
  return wait ? done : run;
}

/** Runs the suite and compares it. The baseline is looked for before the suite runs, not after. */
export function runRegression(input: z.output<typeof regressionInput>, context: Context): Promise<Run> {
  const { baseline, thresholdPercent = context.config.regression.thresholdPercent, ...effort } = input;
  return begin({ ...effort, baseline: requireBaseline(baseline, context), saveAs: null, thresholdPercent }, context)
    .done;
}

function begin(asked: Asked, context: Context) {
  const chosen = choose(asked.only, context);
  const baseline = asked.baseline?.name ?? null;
  return measureRun({ kind: 'benchmarks', benchmarks: [], baseline, comparison: [] }, context, (run, signal) =>
    measureAll(run, chosen, asked, context, signal),
  );
}

async function measureAll(
  run: Run,
  chosen: readonly (readonly [string, Benchmark])[],
  asked: Asked,
  context: Context,
  signal: AbortSignal,
): Promise<boolean> {
  if (run.outcome.kind !== 'benchmarks') return false;
  const { config } = context;
  const { rounds = config.rounds, perRound = config.perRound } = asked;
  for (const [name, benchmark] of chosen) {
    const bench = openBench(`${run.id}-${name}`, context);
    const result = await measureBenchmark(name, benchmark, bench, {
      rounds,
      perRound,
      stopwatch: config.stopwatch,
      signal,
    }).finally(bench.close);
    run.outcome.benchmarks.push(result);
  }
  const samples = samplesOfRun(run);
  if (asked.saveAs !== null && !signal.aborted) saveBaseline(asked.saveAs, run.id, samples, context);
  const demand = { alpha: config.regression.alpha, thresholdPercent: asked.thresholdPercent };
  if (asked.baseline !== null) run.outcome.comparison = compare(asked.baseline.samples, samples, demand);
  return (
    run.outcome.benchmarks.every(({ failed }) => failed === null) &&
    run.outcome.comparison.every(({ verdict }) => verdict !== 'regression')
  );
}

function choose(only: readonly string[] | undefined, { config }: Context): readonly (readonly [string, Benchmark])[] {
  const all = new Map<string, Benchmark>([...Object.entries(SUITE), ...Object.entries(config.benchmarks)]);
  const unknown = (only ?? []).filter((name) => !all.has(name));
  if (unknown.length > 0) {
    const known = [...all.keys()].join(', ');
    throw new BanyanError('BAD_INPUT', `there is no benchmark ${unknown.join(', ')}; there are ${known}`);
  }
  return [...all].filter(([name]) => only === undefined || only.includes(name));
}
