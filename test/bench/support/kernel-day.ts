import type { Task } from '../../../src/contract/tasks.ts';
import { OrchestratorV2 } from '../../../src/kernel/index.ts';
import { FakeClock } from '../../kernel/support/fake-clock.ts';
import type { Day } from '../kernel-day.ts';
import { ALL_PLUGINS } from './kernel-rig.ts';

const HOURS = 24;
const TASKS_PER_SECOND = 10;
/** Tasks of a second come together: what matters is how many there are, not their spacing. */
const SECONDS_AT_ONCE = 10;

const clock = new FakeClock();
const kernel = new OrchestratorV2(
  { clock, runtimes: { work: { kind: 'function', run: (task) => ({ did: task.input }) } } },
  ALL_PLUGINS,
);
for (let i = 0; i < 25; i++) await kernel.spawnAgent({ role: 'inside', runtime: 'work' });
for (let i = 0; i < 25; i++) await kernel.spawnAgent({ role: 'outside', deadlines: { heartbeatMs: 'never' } });

let tasks = 0;
const heapMb: number[] = [];
for (let hour = 0; hour < HOURS; hour++) {
  for (let second = 0; second < 3_600; second += SECONDS_AT_ONCE) {
    await work(TASKS_PER_SECOND * SECONDS_AT_ONCE);
    await clock.advance(SECONDS_AT_ONCE * 1_000);
  }
  await kernel.plugins.observed();
  globalThis.gc?.();
  heapMb.push(process.memoryUsage().heapUsed / 1024 / 1024);
}
console.log(JSON.stringify({ tasks, heapMb } satisfies Day));
process.exit();

/** Tasks of all kinds and all their ends: completed inside and outside, failed, cancelled, with a key, with a child. */
async function work(count: number): Promise<void> {
  const delegated = await Promise.all(Array.from({ length: count }, () => delegate(tasks++)));
  await Promise.all(delegated.filter((_, i) => i % 50 === 1).map(({ id }) => kernel.cancelTask(id)));
  for (let running = outside(); running.length > 0; running = outside()) await Promise.all(running.map(report));
  await Promise.all(delegated.map(({ id }) => kernel.waitForTask(id)));
}

async function delegate(n: number): Promise<Task> {
  const role = n % 2 === 0 ? 'inside' : 'outside';
  const task = await kernel.delegateTask({
    type: 'work',
    role,
    input: { n },
    idempotencyKey: `${n}`,
    affinityKey: `u${n}`,
  });
  if (n % 100 === 1) await kernel.delegateTask({ type: 'part', role: 'outside', parentId: task.id });
  return task;
}

function outside(): readonly Task[] {
  return kernel.listTasks({ states: ['running'] }).filter(({ role }) => role === 'outside');
}

function report({ id }: Task, i: number): Promise<Task> {
  return i % 20 === 3 ? kernel.failTask(id, { message: 'no' }) : kernel.completeTask(id, { result: { i } });
}
