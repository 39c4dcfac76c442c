import { BanyanError } from '../../contract/errors.ts';
import { hit, setBounded } from '../parts/bounded.ts';
import type { Samples } from './compare.ts';
import type { Baseline, Run } from './shapes.ts';
import { BOUNDS, type Context } from './state.ts';

export function saveBaseline(name: string, source: string, samples: Samples, context: Context): Baseline {
  return keepBaseline({ name, atMs: context.now(), source, samples }, context);
}

/** Also for one that was measured elsewhere: see docs/plugins/performance.md on where that makes sense. */
export function keepBaseline(baseline: Baseline, { state }: Context): Baseline {
  const { limitsHit, baselines } = state;
  hit(limitsHit, 'baselinesMax', setBounded(baselines, baseline.name, baseline, BOUNDS.baselinesMax));
  return baseline;
}

/** By the name of a baseline, or by the id of a run of benchmarks. @throws {BanyanError} BAD_INPUT */
export function requireBaseline(
  name: string,
  { state }: Context,
): { readonly name: string; readonly samples: Samples } {
  const known = state.baselines.get(name);
  if (known !== undefined) return known;
  const run = state.runs.get(name);
  if (run?.outcome.kind === 'benchmarks' && run.state === 'completed') return { name, samples: samplesOfRun(run) };
  const names = [...state.baselines.keys()].join(', ') || 'none';
  throw new BanyanError(
    'BAD_INPUT',
    `there is no baseline or completed run of benchmarks "${name}"; baselines: ${names}`,
  );
}

export function samplesOfRun({ outcome }: Run): Samples {
  if (outcome.kind !== 'benchmarks') return {};
  return Object.fromEntries(outcome.benchmarks.map(({ name, roundsMs }) => [name, roundsMs]));
}

/** Medians of the half-minutes before now, of each metric that is watched. */
export function liveSamples({ state, config }: Context): Samples {
  return Object.fromEntries(
    config.regression.metrics.flatMap((metric) => {
      const medians = state.series.get(metric)?.medians ?? [];
      return medians.length === 0 ? [] : [[metric, [...medians]]];
    }),
  );
}

/** Keeps a run, or what was measured live, as a baseline. @throws {BanyanError} BAD_INPUT */
export function baselineFrom(name: string, runId: string | undefined, context: Context): Baseline {
  if (runId !== undefined) return saveBaseline(name, runId, requireBaseline(runId, context).samples, context);
  const samples = liveSamples(context);
  if (Object.keys(samples).length > 0) return saveBaseline(name, 'live', samples, context);
  throw new BanyanError('BAD_INPUT', 'nothing was measured live yet: no half-minute had enough calls');
}
