import type { z } from 'zod';
import { BanyanError } from '../../contract/errors.ts';
import { addBounded, hit } from '../parts/bounded.ts';
import { beginRun, endRun } from './runs.ts';
import type { monitorInput, Run } from './shapes.ts';
import { BOUNDS, type Context } from './state.ts';
import type { Vitals } from './summary.ts';

/** A score below this at any time fails the run. */
const SCORE_MIN = 0.6;

/** Begins to take samples; ask `runStatus` for them. @throws {BanyanError} OVERLOADED at `monitorsMax` */
export function startMonitor(input: z.output<typeof monitorInput>, context: Context): Run {
  const { durationMs = 3_600_000, everyMs = 30_000 } = input ?? {};
  if (runningMonitors(context).length >= BOUNDS.monitorsMax) {
    hit(context.state.limitsHit, 'monitorsMax');
    throw new BanyanError('OVERLOADED', `${BOUNDS.monitorsMax} monitors run already`);
  }
  const untilMs = context.now() + durationMs;
  return beginRun({ kind: 'monitor', samples: [], untilMs, everyMs }, context);
}

/** Whether any monitor wants a sample now. */
export function isSampleDue(context: Context): boolean {
  return runningMonitors(context).some((run) => isDue(run, context.now()));
}

export function sampleMonitors({ atMs, score, values }: Vitals, context: Context): void {
  for (const run of runningMonitors(context)) {
    if (run.outcome.kind !== 'monitor' || !isDue(run, atMs)) continue;
    const { samples, untilMs } = run.outcome;
    hit(
      context.state.limitsHit,
      'monitorSamplesMax',
      addBounded(samples, { atMs, score, values }, BOUNDS.monitorSamplesMax),
    );
    if (atMs >= untilMs)
      endRun(
        run,
        'completed',
        samples.every((sample) => sample.score >= SCORE_MIN),
        context,
      );
  }
}

function runningMonitors({ state }: Context): readonly Run[] {
  return [...state.runs.values()].filter((run) => run.state === 'running' && run.outcome.kind === 'monitor');
}

function isDue({ outcome, startedAtMs }: Run, nowMs: number): boolean {
  if (outcome.kind !== 'monitor') return false;
  const lastMs = outcome.samples.at(-1)?.atMs ?? startedAtMs;
  return nowMs - lastMs >= outcome.everyMs || nowMs >= outcome.untilMs;
}
