import { join } from 'node:path';
import { OrchestratorV2 } from '../../src/kernel/index.ts';
import type { BenchmarkResult } from './result.ts';
import { ALL_PLUGINS, bareCommit, round, timed, withFolder } from './support/kernel-rig.ts';
import { quantile } from './support/statistics.ts';

const BUSY_AGENTS = 50;
const SPAWNS = 950;
const DELEGATIONS = 2_000;
const P99_MAX_MS = 5;

/** Spawning and delegating one after the other, beside one durable row in a bare SQLite file in the same turn. */
export function latencyResults(): Promise<readonly BenchmarkResult[]> {
  return withFolder(async (folder) => {
    const bare = bareCommit(folder);
    const kernel = new OrchestratorV2({ agentsMax: 1_000, store: join(folder, 'kernel.sqlite') }, ALL_PLUGINS);
    for (let i = 0; i < BUSY_AGENTS; i++) await kernel.spawnAgent({ role: 'busy', attributes: { place: i } });
    for (let i = 0; i < BUSY_AGENTS; i++) await kernel.delegateTask({ type: 'hold', role: 'busy' });

    const delegating = await measure(bare, DELEGATIONS, async (i) => {
      await kernel.delegateTask({ id: `t${i}`, type: 'work', input: { i }, role: 'busy' });
    });
    const spawning = await measure(bare, SPAWNS, async (i) => {
      await kernel.spawnAgent({ id: `a${i}`, role: 'idle', capabilities: ['sql', 'python'] });
    });
    const worked = await everyAgentWorks(kernel);
    await kernel.close();
    return [
      ...results(`delegate with ${BUSY_AGENTS} busy agents`, delegating),
      ...results(`spawn up to ${BUSY_AGENTS + SPAWNS} agents`, spawning),
      count('agents that did a task, of 1,000', worked, 1_000),
    ];
  });
}

type Measured = { readonly ours: readonly number[]; readonly bare: readonly number[] };

async function measure(bare: () => void, times: number, run: (i: number) => Promise<void>): Promise<Measured> {
  const measured = { ours: [] as number[], bare: [] as number[] };
  for (let i = 0; i < times; i++) {
    measured.bare.push(await timed(bare));
    measured.ours.push(await timed(() => run(i)));
  }
  return measured;
}

function results(what: string, { ours, bare }: Measured): readonly BenchmarkResult[] {
  return [0.5, 0.99].map((q) => {
    const value = quantile(ours, q);
    const isP99 = q === 0.99;
    return {
      metric: `${what}, ${isP99 ? 'p99' : 'p50'}, ${ALL_PLUGINS.length} plugins, durable`,
      value: round(value),
      unit: 'ms',
      against: `one durable row in bare SQLite: ${round(quantile(bare, q))} ms`,
      ratio: round(value / quantile(bare, q)),
      target: isP99 ? `< ${P99_MAX_MS} ms` : null,
      met: isP99 ? value < P99_MAX_MS : null,
    };
  });
}

/** Completes what the busy ones hold, then one task for each of the others. */
async function everyAgentWorks(kernel: OrchestratorV2): Promise<number> {
  await Promise.all(
    Array.from({ length: SPAWNS }, (_, i) => kernel.delegateTask({ type: 'work', agentId: `a${i}`, role: 'idle' })),
  );
  const running = kernel.listTasks({ states: ['running'], limit: 10_000 });
  await Promise.all(running.map(({ id }) => kernel.completeTask(id)));
  return new Set(running.map(({ agentId }) => agentId)).size;
}

function count(metric: string, value: number, target: number): BenchmarkResult {
  return { metric, value, unit: 'agents', against: null, ratio: null, target: String(target), met: value === target };
}
