import { join } from 'node:path';
import { OrchestratorV2 } from '../../src/kernel/index.ts';
import type { BenchmarkResult } from './result.ts';
import { ALL_PLUGINS, bareCommit, round, withFolder } from './support/kernel-rig.ts';
import { median } from './support/statistics.ts';

const AGENTS = 50;
const OUTSTANDING = 400;
const TASKS = 20_000;
const ROUNDS = 7;
const PER_SECOND_MIN = 20_000;

/**
 * Delegated, run, completed and waited for, every step durable; beside what one commit a step would allow. All sides
 * in turn, round by round. Time on the wall tells of the machine's other work too, processor time does not.
 */
export function throughputResults(): Promise<readonly BenchmarkResult[]> {
  return withFolder(async (folder) => {
    const commit = bareCommit(folder);
    const plain = await open(join(folder, 'plain.sqlite'), []);
    const plugged = await open(join(folder, 'plugged.sqlite'), ALL_PLUGINS);
    const rounds: { readonly commits: number; readonly plain: Round; readonly plugged: Round }[] = [];
    for (let i = 0; i < ROUNDS; i++) {
      rounds.push({ commits: commitsPerSecond(commit), plain: await work(plain), plugged: await work(plugged) });
    }
    const commits = median(rounds.map((round) => round.commits));
    const lost = observed(plugged);
    await plain.close();
    await plugged.close();
    const without = 'tasks with group commit';
    const within = `the same with ${ALL_PLUGINS.length} plugins`;
    return [
      ...results(
        without,
        rounds.map((round) => round.plain),
        commits,
      ),
      ...results(
        within,
        rounds.map((round) => round.plugged),
        commits,
        null,
      ),
      lost,
    ];
  });
}

type Round = { readonly perSecond: number; readonly processorUs: number };

async function open(store: string, plugins: typeof ALL_PLUGINS): Promise<OrchestratorV2> {
  const kernel = new OrchestratorV2(
    { store, queueMax: TASKS, runtimes: { echo: { kind: 'function', run: (task) => task.input } } },
    plugins,
  );
  for (let i = 0; i < AGENTS; i++) await kernel.spawnAgent({ role: 'worker', runtime: 'echo' });
  await work(kernel);
  return kernel;
}

async function work(kernel: OrchestratorV2): Promise<Round> {
  let next = 0;
  const oneByOne = async () => {
    while (next < TASKS) {
      const { id } = await kernel.delegateTask({ type: 'work', input: { n: next++ } });
      await kernel.waitForTask(id);
    }
  };
  const startedAt = performance.now();
  const usedBefore = process.cpuUsage();
  await Promise.all(Array.from({ length: OUTSTANDING }, oneByOne));
  const perSecond = (TASKS / (performance.now() - startedAt)) * 1_000;
  const { user, system } = process.cpuUsage(usedBefore);
  return { perSecond, processorUs: (user + system) / TASKS };
}

function commitsPerSecond(commit: () => void): number {
  const startedAt = performance.now();
  for (let i = 0; i < 1_000; i++) commit();
  return (1_000 / (performance.now() - startedAt)) * 1_000;
}

/** A task is made durable three times: as it comes, as it starts, as it ends. */
function results(
  what: string,
  rounds: readonly Round[],
  commits: number,
  target: string | null = `>= ${PER_SECOND_MIN}`,
): readonly BenchmarkResult[] {
  const one = commits / 3;
  const against = `one commit for each of a task's three steps: ${Math.round(one)} tasks/s`;
  const rates = rounds.map(({ perSecond }) => perSecond);
  const rate = (how: string, value: number, target: string | null): BenchmarkResult => ({
    metric: `${what}, ${AGENTS} agents, ${how} of ${ROUNDS} rounds`,
    value: Math.round(value),
    unit: 'tasks/s',
    against,
    ratio: round(value / one),
    target,
    met: target === null ? null : value >= PER_SECOND_MIN,
  });
  return [
    rate('median', median(rates), target),
    rate('best', Math.max(...rates), null),
    {
      metric: `${what}, processor time a task, median of ${ROUNDS} rounds`,
      value: round(median(rounds.map(({ processorUs }) => processorUs)), 1),
      unit: 'us',
      against: null,
      ratio: null,
      target: null,
      met: null,
    },
  ];
}

/** What the plugins' queues had no room for, while the kernel was as busy as it can be. */
function observed(kernel: OrchestratorV2): BenchmarkResult {
  const reports = kernel.plugins.report();
  const dropped = reports.reduce((total, report) => total + report.dropped, 0);
  const calls = reports.reduce((total, report) => total + report.calls, 0);
  return {
    metric: `events that observers lost meanwhile, beside ${calls} calls of hooks`,
    value: dropped,
    unit: 'events',
    against: null,
    ratio: null,
    target: '0',
    met: dropped === 0,
  };
}
