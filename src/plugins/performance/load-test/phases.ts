import type { OpenBench } from '../benchmarks/bench.ts';
import type { PhaseResult } from '../shapes.ts';
import { newTally, pool, type Tally } from './pool.ts';

/** One load test under way. */
export type LoadTest = {
  readonly bench: OpenBench;
  readonly agentsWanted: number;
  readonly spawnBatch: number;
  readonly tasksPerAgent: number;
  readonly concurrency: number;
  readonly stopwatch: () => number;
  readonly agents: string[];
};

export type Phase = {
  readonly phase: PhaseResult['phase'];
  readonly run: (test: LoadTest) => Promise<Tally>;
};

/** The phases of a load test, in order. The last one is taken whatever becomes of the others. */
export const PHASES: readonly Phase[] = [
  { phase: 'preparation', run: prepare },
  { phase: 'agent_spawning', run: spawnAgents },
  {
    phase: 'task_delegation',
    run: (test) => delegate(test, test.agents.length * test.tasksPerAgent, test.concurrency),
  },
  { phase: 'concurrent_operations', run: everythingAtOnce },
  { phase: 'stress_test', run: (test) => delegate(test, test.concurrency * 20, test.concurrency * 5) },
  { phase: 'cleanup', run: cleanUp },
];

/** One agent and one task: what does not work once need not be tried a thousand times. */
async function prepare({ bench, stopwatch }: LoadTest): Promise<Tally> {
  const tally = newTally();
  await pool({ times: 1, concurrency: 1, stopwatch }, tally, async () => {
    const id = await bench.agent();
    await bench.completed((await bench.delegate()).id);
    return () => bench.kernel.shutdownAgent(id, { graceful: false });
  });
  return tally;
}

async function spawnAgents({ bench, agents, agentsWanted, spawnBatch, stopwatch }: LoadTest): Promise<Tally> {
  const tally = newTally();
  await pool({ times: agentsWanted, concurrency: spawnBatch, stopwatch }, tally, async () => {
    agents.push(await bench.agent());
    return undefined;
  });
  return tally;
}

async function delegate({ bench, stopwatch }: LoadTest, times: number, concurrency: number): Promise<Tally> {
  const tally = newTally();
  await pool({ times, concurrency, stopwatch }, tally, async () => {
    const { id } = await bench.delegate();
    return () => bench.completed(id);
  });
  return tally;
}

/** Agents come and go, tasks run and lists are read, all together. */
async function everythingAtOnce(test: LoadTest): Promise<Tally> {
  const { bench, stopwatch, concurrency } = test;
  const tally = newTally();
  const of = (times: number) => ({ times, concurrency, stopwatch });
  const victims = test.agents.splice(-Math.ceil(test.agents.length / 4));
  await Promise.all([
    pool(of(victims.length), tally, async (i) => {
      await bench.kernel.shutdownAgent(victims[i] as string, { unfinished: 'redrive' });
      test.agents.push(await bench.agent());
      return undefined;
    }),
    pool(of(concurrency * 5), tally, async () => {
      const { id } = await bench.delegate();
      return () => bench.completed(id);
    }),
    pool(of(concurrency), tally, async () => {
      await bench.kernel.listAgents();
      return undefined;
    }),
  ]);
  return tally;
}

async function cleanUp({ bench, stopwatch }: LoadTest): Promise<Tally> {
  const tally = newTally();
  await pool({ times: 1, concurrency: 1, stopwatch }, tally, async () => {
    await bench.close();
    const left = (await bench.kernel.listAgents({ role: 'benchmark' })).filter(({ id }) => id.startsWith('bench-'));
    if (left.length > 0) throw new Error(`${left.length} agents are left`);
    return undefined;
  });
  return tally;
}
