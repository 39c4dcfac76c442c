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
    await Promise.all(Array.from({ length: TASKS_PER_SECOND * SECONDS_AT_ONCE }, doOne));
    await clock.advance(SECONDS_AT_ONCE * 1_000);
  }
  await kernel.plugins.observed();
  globalThis.gc?.();
  heapMb.push(process.memoryUsage().heapUsed / 1024 / 1024);
}
console.log(JSON.stringify({ tasks, heapMb } satisfies Day));
process.exit();

/** All kinds of ends: completed inside and outside, failed and made again, cancelled, keyed, with children. */
async function doOne(): Promise<void> {
  const n = tasks++;
  const role = n % 2 === 0 ? 'inside' : 'outside';
  const task = await kernel.delegateTask({ type: 'work', role, input: { n }, idempotencyKey: `key-${n}`, affinityKey: `u${n}` });
  if (n % 50 === 1) return void (await kernel.cancelTask(task.id));
  const waiting = kernel.waitForTask(task.id);
  if (role === 'outside') await report(task.id, n);
  await waiting;
}

async function report(taskId: string, n: number): Promise<void> {
  // It may be queued: agents outside report what they have.
  const running = kernel.listTasks({ states: ['running'], limit: 1 });
  for (const { id } of running) {
    if (n % 20 === 3) await kernel.failTask(id, { message: 'no' }).catch(() => undefined);
    else await kernel.completeTask(id, { result: { n } }).catch(() => undefined);
  }
  if (kernel.getTask(taskId)?.state === 'running') await kernel.completeTask(taskId).catch(() => undefined);
}
