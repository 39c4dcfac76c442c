import { BanyanError } from '../../contract/errors.ts';
import { hit, setBounded } from '../parts/bounded.ts';
import { messageOf } from '../parts/steps.ts';
import { liveOf } from './live.ts';
import type { Run, RunOutcome } from './shapes.ts';
import { BOUNDS, type Context } from './state.ts';

/** Ids of benchmark agents and tasks begin so: they do not count as work. */
const PREFIX = 'bench-';

export function isOfBenchmark(id: string | null): boolean {
  return id?.startsWith(PREFIX) === true;
}

/** Notes a run that begins. Its id is unique over restarts too: ids of its agents and tasks begin with it. */
export function beginRun(outcome: RunOutcome, { state, now }: Context): Run {
  const id = `${PREFIX}${now().toString(36)}-${++state.serial}`;
  const run: Run = {
    id,
    state: 'running',
    startedAtMs: now(),
    endedAtMs: null,
    passed: null,
    error: null,
    outcome,
  };
  hit(state.limitsHit, 'runsMax', setBounded(state.runs, id, run, BOUNDS.runsMax));
  return run;
}

export function endRun(run: Run, how: 'completed' | 'failed' | 'cancelled', passed: boolean, { now }: Context): Run {
  run.state = how;
  run.passed = passed;
  run.endedAtMs = now();
  return run;
}

/**
 * Measures: one run at a time, since two would measure each other. `done` never rejects; a throw ends the run as
 * failed. @throws {BanyanError} OVERLOADED while another is under way
 */
export function measureRun(
  outcome: RunOutcome,
  context: Context,
  work: (run: Run, signal: AbortSignal) => Promise<boolean>,
): { readonly run: Run; readonly done: Promise<Run> } {
  const live = liveOf(context);
  if (live.measuring !== null) {
    throw new BanyanError(
      'OVERLOADED',
      `${live.measuring.runId} is being measured; two at once would measure each other`,
    );
  }
  const run = beginRun(outcome, context);
  const stop = new AbortController();
  live.measuring = { runId: run.id, stop };
  const signal = AbortSignal.any([stop.signal, context.signal]);
  const done = work(run, signal)
    .then((passed) => endRun(run, signal.aborted ? 'cancelled' : 'completed', passed && !signal.aborted, context))
    .catch((error: unknown) => {
      run.error = messageOf(error);
      return endRun(run, signal.aborted ? 'cancelled' : 'failed', false, context);
    })
    .finally(() => {
      live.measuring = null;
    });
  return { run, done };
}

/** Runs whose measuring ended with another process. A monitor goes on: it only takes samples. */
export function endLost(context: Context): void {
  for (const run of context.state.runs.values()) {
    if (run.state !== 'running' || run.outcome.kind === 'monitor') continue;
    run.error = 'the process that measured it ended';
    endRun(run, 'failed', false, context);
  }
}

/** `false`: it is unknown or over. */
export function cancelRun(id: string, context: Context): boolean {
  const run = context.state.runs.get(id);
  if (run?.state !== 'running') return false;
  const { measuring } = liveOf(context);
  if (measuring?.runId === id) measuring.stop.abort();
  else endRun(run, 'cancelled', false, context);
  return true;
}
