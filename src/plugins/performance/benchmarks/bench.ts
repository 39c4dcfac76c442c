import type { Task } from '../../../contract/tasks.ts';
import { hit } from '../../parts/bounded.ts';
import type { Bench } from '../config.ts';
import { type Live, liveOf } from '../live.ts';
import { BOUNDS, type Context } from '../state.ts';

/** The kernel ends a benchmark's task by then, so whoever waits for it waits no longer. */
const DEADLINE_MS = 30_000;

export type OpenBench = Bench & {
  /** Shuts its agents down. */
  readonly close: () => Promise<void>;
};

/** `prefix`: of all ids; also the capability that keeps its tasks with its agents. */
export function openBench(prefix: string, context: Context): OpenBench {
  const { kernel } = context;
  const agents = new Set<string>();
  let ids = 0;
  const newId = () => `${prefix}-${++ids}`;
  return {
    kernel,
    newId,
    async agent() {
      const runtime = { kind: 'rehearsal', result: null } as const;
      const request = {
        id: newId(),
        role: 'benchmark',
        capabilities: [prefix],
        rehearsal: true,
        tasksMax: 10,
        runtime,
      };
      const { id } = await kernel.spawnAgent(request);
      agents.add(id);
      return id;
    },
    delegate: () =>
      kernel.delegateTask({
        id: newId(),
        type: 'benchmark',
        capabilities: [prefix],
        rehearsal: true,
        deadlines: { queueMs: DEADLINE_MS, runMs: DEADLINE_MS },
      }),
    completed: (taskId) => completed(taskId, context),
    async close() {
      for (const id of agents) {
        const agent = await kernel.getAgent(id);
        if (agent !== null && agent.state !== 'stopped') await kernel.shutdownAgent(id, { graceful: false });
      }
    },
  };
}

async function completed(taskId: string, context: Context): Promise<void> {
  const { waiters } = liveOf(context);
  if (waiters.size >= BOUNDS.waitersMax) {
    hit(context.state.limitsHit, 'waitersMax');
    throw new Error(`${BOUNDS.waitersMax} tasks are waited for already`);
  }
  const waiter = Promise.withResolvers<void>();
  waiters.set(taskId, waiter);
  // It may have ended before anybody waited.
  const task = await context.kernel.getTask(taskId);
  if (task !== null) settleWaiter(task, liveOf(context));
  return waiter.promise;
}

/** Told of every task that ended. */
export function settleWaiter({ id, state, error, reason }: Task, { waiters }: Live): void {
  const waiter = waiters.get(id);
  if (waiter === undefined || !['completed', 'failed', 'cancelled'].includes(state)) return;
  waiters.delete(id);
  if (state === 'completed') waiter.resolve();
  else waiter.reject(new Error(`task ${id} ${state}: ${error?.message ?? reason ?? ''}`));
}

/** Looks after those whose end was not told: the queue of events to observe is bounded. */
export async function sweepWaiters(context: Context): Promise<void> {
  const live = liveOf(context);
  for (const taskId of live.waiters.keys()) {
    const task = await context.kernel.getTask(taskId);
    if (task !== null) settleWaiter(task, live);
  }
}
