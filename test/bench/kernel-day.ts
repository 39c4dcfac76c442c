import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { BenchmarkResult } from './result.ts';
import { round } from './support/kernel-rig.ts';

const CHILD = fileURLToPath(new URL('./support/kernel-day.ts', import.meta.url));
const GROWTH_MAX_MB = 2;

/** Heap after every simulated hour, in MB. */
export type Day = { readonly tasks: number; readonly heapMb: readonly number[] };

/** 24 hours at 10 tasks a second on an injected clock. What is kept is bounded, so the heap must not grow. */
export async function dayResults(): Promise<readonly BenchmarkResult[]> {
  const { stdout } = await promisify(execFile)(process.execPath, ['--expose-gc', CHILD]);
  const { tasks, heapMb } = JSON.parse(stdout) as Day;
  // The first hours fill what is kept of events and ended tasks.
  const [early, late] = [mean(heapMb.slice(2, 6)), mean(heapMb.slice(-4))];
  return [
    {
      metric: `heap growth over a simulated day, ${tasks} tasks, hours 21-24 over hours 3-6`,
      value: round(late - early),
      unit: 'MB',
      against: `hours 3-6: ${round(early, 1)} MB`,
      ratio: round(late / early),
      target: `< ${GROWTH_MAX_MB} MB`,
      met: late - early < GROWTH_MAX_MB,
    },
  ];
}

function mean(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0) / values.length;
}
