/**
 * What the kernel must show: spawning and delegating with a durable record, many agents, tasks per second with
 * group commit, health, memory over an empty Node process, and a day of simulated time. All with every plugin that comes
 * with Banyan loaded, and beside what the disk or an empty process does in the same run.
 */
import { dayResults } from './kernel-day.ts';
import { healthResults } from './kernel-health.ts';
import { latencyResults } from './kernel-latency.ts';
import { memoryResults } from './kernel-memory.ts';
import { throughputResults } from './kernel-throughput.ts';
import type { BenchmarkResult } from './result.ts';

export const name = 'kernel';

export async function run(): Promise<readonly BenchmarkResult[]> {
  return [
    ...(await latencyResults()),
    ...(await healthResults()),
    ...(await throughputResults()),
    ...(await memoryResults()),
    ...(await dayResults()),
  ];
}
