import { join } from 'node:path';
import { OrchestratorV2 } from '../../src/kernel/index.ts';
import type { BenchmarkResult } from './result.ts';
import { ALL_PLUGINS, bareCommit, round, withFolder } from './support/kernel-rig.ts';

const AGENTS = 50;
const OUTSTANDING = 400;
const TASKS = 20_000;
const ROUNDS = 5;
const PER_SECOND_MIN = 20_000;

/** Delegated, run, completed and waited for, every step durable; beside what one commit a step would allow. */
export function throughputResults(): Promise<readonly BenchmarkResult[]> {
  return withFolder(async (folder) => {
    const bare = bareCommit(folder);
    const plain = await measure(bare, join(folder, 'plain.sqlite'), []);
    const plugged = await measure(bare, join(folder, 'plugged.sqlite'), ALL_PLUGINS);
    return [
      result('tasks per second with group commit', plain, true),
      result(`the same with ${ALL_PLUGINS.length} plugins`, plugged, false),
    ];
  });
}

type Measured = { readonly rate: number; readonly bareRate: number };

async function measure(bare: () => void, store: string, plugins: typeof ALL_PLUGINS): Promise<Measured> {
  const kernel = await open(store, plugins);
  const rates: number[] = [];
  const bareRates: number[] = [];
  for (let i = 0; i < ROUNDS; i++) {
    bareRates.push(bareRate(bare));
    rates.push(await rate(kernel));
  }
  await kernel.close();
  return { rate: Math.max(...rates), bareRate: Math.max(...bareRates) };
}

async function open(store: string, plugins: typeof ALL_PLUGINS): Promise<OrchestratorV2> {
  const kernel = new OrchestratorV2(
    { store, queueMax: TASKS, runtimes: { echo: { kind: 'function', run: (task) => task.input } } },
    plugins,
  );
  for (let i = 0; i < AGENTS; i++) await kernel.spawnAgent({ role: 'worker', runtime: 'echo' });
  await rate(kernel);
  return kernel;
}

async function rate(kernel: OrchestratorV2): Promise<number> {
  let next = 0;
  const work = async () => {
    while (next < TASKS) {
      const { id } = await kernel.delegateTask({ type: 'work', input: { n: next++ } });
      await kernel.waitForTask(id);
    }
  };
  const startedAt = performance.now();
  await Promise.all(Array.from({ length: OUTSTANDING }, work));
  return (TASKS / (performance.now() - startedAt)) * 1_000;
}

function bareRate(bare: () => void): number {
  const startedAt = performance.now();
  for (let i = 0; i < 1_000; i++) bare();
  return (1_000 / (performance.now() - startedAt)) * 1_000;
}

/** A task is made durable three times: as it comes, as it starts, as it ends. */
function result(metric: string, { rate: value, bareRate: commits }: Measured, hasTarget: boolean): BenchmarkResult {
  const against = commits / 3;
  return {
    metric: `${metric}, ${AGENTS} agents, best of ${ROUNDS} rounds`,
    value: Math.round(value),
    unit: 'tasks/s',
    against: `one commit for each of a task's three steps: ${Math.round(against)} tasks/s`,
    ratio: round(value / against),
    target: hasTarget ? `>= ${PER_SECOND_MIN}` : null,
    met: hasTarget ? value >= PER_SECOND_MIN : null,
  };
}
