import type { z } from 'zod';
import { openBench } from '../benchmarks/bench.ts';
import type { PerformanceConfig } from '../config.ts';
import { measureRun } from '../runs.ts';
import { describe } from '../series.ts';
import type { loadTestInput, PhaseResult, Run } from '../shapes.ts';
import type { Context } from '../state.ts';
import { type LoadTest, PHASES, type Phase } from './phases.ts';

/** Loads the kernel in six phases, on rehearsal agents. @throws {BanyanError} OVERLOADED */
export function runLoadTest(input: z.output<typeof loadTestInput>, context: Context): Promise<Run> | Run {
  const { wait = true, ...wanted } = input ?? {};
  const { run, done } = measureRun({ kind: 'load_test', phases: [], missed: [] }, context, (begun, signal) =>
    takePhases(begun, wanted, context, signal),
  );
  return wait ? done : run;
}

type Wanted = Omit<NonNullable<z.output<typeof loadTestInput>>, 'wait'>;

async function takePhases(run: Run, wanted: Wanted, context: Context, signal: AbortSignal): Promise<boolean> {
  if (run.outcome.kind !== 'load_test') return false;
  const { loadTest, stopwatch } = context.config;
  const test: LoadTest = {
    bench: openBench(run.id, context),
    agentsWanted: wanted.agents ?? loadTest.agents,
    spawnBatch: loadTest.spawnBatch,
    tasksPerAgent: wanted.tasksPerAgent ?? loadTest.tasksPerAgent,
    concurrency: wanted.concurrency ?? loadTest.concurrency,
    stopwatch,
    agents: [],
  };
  const { phases, missed } = run.outcome;
  for (const phase of PHASES) {
    const isPointless = signal.aborted || phases[0]?.done === 0;
    if (isPointless && phase.phase !== 'cleanup') continue;
    phases.push(await take(phase, test));
  }
  missed.push(...missedTargets(phases, loadTest));
  return missed.length === 0;
}

async function take({ phase, run }: Phase, test: LoadTest): Promise<PhaseResult> {
  const { done, failed, tookMs, notes } = await run(test);
  return { phase, done, failed, tookMs: describe(tookMs, 'ms'), notes: [...notes] };
}

function missedTargets(phases: readonly PhaseResult[], targets: PerformanceConfig['loadTest']): string[] {
  const { spawnMsMax, delegateMsMax, completionPercentMin } = targets;
  const slow = (name: PhaseResult['phase'], msMax: number) => {
    const p95 = phases.find(({ phase }) => phase === name)?.tookMs?.p95 ?? 0;
    return p95 > msMax ? [`${name}: p95 is ${Math.round(p95)} ms, at most ${msMax} ms wanted`] : [];
  };
  const incomplete = phases.flatMap(({ phase, done, failed, notes }) => {
    const percent = (done / Math.max(1, done + failed)) * 100;
    if (percent >= completionPercentMin) return [];
    return [`${phase}: ${Math.round(percent)} % done, at least ${completionPercentMin} % wanted (${notes.join('; ')})`];
  });
  return [...slow('agent_spawning', spawnMsMax), ...slow('task_delegation', delegateMsMax), ...incomplete];
}
