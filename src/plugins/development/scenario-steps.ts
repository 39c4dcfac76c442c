/** What the steps of a scenario do. Each tells what it did, or throws what was not as it should be. */
import { isDeepStrictEqual } from 'node:util';
import { type Live, liveOf, wait } from './live.ts';
import { mockAgent } from './mocks.ts';
import { callService } from './services.ts';
import type { ScenarioStep } from './shapes.ts';
import type { Context } from './state.ts';

/** A scenario that runs. */
export type Run = {
  readonly context: Context;
  readonly startedAtMs: number;
  /** When its time is up, by its own clock. */
  readonly untilMs: number;
  /** How long it was held. Time that somebody took to look is not the scenario's: its clock stands still. */
  heldMs: number;
  /** Ids by the names that steps gave. */
  readonly agents: Map<string, string>;
  readonly tasks: Map<string, string>;
};

export function facts(context: Context, startedAtMs: number, untilMs: number): Run {
  return { context, startedAtMs, untilMs, heldMs: 0, agents: new Map(), tasks: new Map() };
}

/** The scenario's own clock. */
export function nowOf({ context, heldMs }: Run): number {
  return context.now() - heldMs;
}

type StepOf<K extends ScenarioStep['do']> = Extract<ScenarioStep, { do: K }>;

export const RUN = {
  async mock_agent({ as, do: _do, ...input }, { agents, context }) {
    const { id } = await mockAgent(input, context);
    agents.set(as, id);
    return `${as} is ${id}`;
  },
  async delegate({ as, type, input, agent, capabilities, dependsOn }, { agents, tasks, context }) {
    const task = await context.kernel.delegateTask({
      type,
      input,
      capabilities,
      ...(agent === undefined ? {} : { agentId: named(agents, agent) }),
      dependsOn: dependsOn.map((ref) => ({ taskId: named(tasks, ref), otherwise: 'cancel' as const })),
    });
    tasks.set(as, task.id);
    return `${as} is ${task.id}, ${task.state}`;
  },
  async await({ tasks: refs, state }, run) {
    for (const ref of refs) {
      const ended = await endOf(named(run.tasks, ref), run);
      const why = ended.error?.message ?? ended.reason;
      if (ended.state !== state) throw new Error(`${ref} is ${ended.state}${why === null ? '' : `: ${why}`}`);
    }
    return `${refs.join(', ')}: ${state}`;
  },
  async expect_result({ task: ref, equals }, { tasks, context }) {
    const task = await context.kernel.getTask(named(tasks, ref));
    if (!isDeepStrictEqual(task?.result, equals)) {
      throw new Error(`the result of ${ref} is ${shown(task?.result)}, not ${shown(equals)}`);
    }
    return `the result of ${ref} is as it should be`;
  },
  async expect_agents({ tasks: refs, atLeast }, { tasks, context }) {
    const found = await Promise.all(refs.map((ref) => context.kernel.getTask(named(tasks, ref))));
    const ids = new Set(found.flatMap((task) => task?.agentId ?? []));
    if (ids.size < atLeast) throw new Error(`${ids.size} agents did it, not ${atLeast}`);
    return `${ids.size} agents did it`;
  },
  async expect_time({ atMostMs }, run) {
    const tookMs = nowOf(run) - run.startedAtMs;
    if (tookMs > atMostMs) throw new Error(`it took ${tookMs} ms, more than ${atMostMs}`);
    return `it took ${tookMs} ms`;
  },
  async call_service({ service, operation, input, equals }, { context }) {
    const answer = await callService(service, operation, input, context);
    if (equals !== undefined && !isDeepStrictEqual(answer, equals)) {
      throw new Error(`${service}.${operation} answered ${shown(answer)}, not ${shown(equals)}`);
    }
    return `${service}.${operation} answered ${shown(answer)}`;
  },
  async shutdown({ agent: ref }, { agents, context }) {
    await context.kernel.shutdownAgent(named(agents, ref), { reason: 'a scenario asked for it' });
    return `${ref} is gone`;
  },
  async wait({ ms }, run) {
    await wait(Math.min(ms, Math.max(0, run.untilMs - nowOf(run))), run.context);
    return `waited for ${ms} ms`;
  },
} as const satisfies { readonly [K in ScenarioStep['do']]: (step: StepOf<K>, run: Run) => Promise<string> };

/** Waits for the end of a task for as long as the scenario has. */
async function endOf(taskId: string, run: Run) {
  const { context } = run;
  const live = liveOf(context);
  const stop = new AbortController();
  // Listens before it looks: a task that ends in between is not missed.
  const ended = new Promise<void>((resolve) => listen(live, taskId, resolve));
  const before = await context.kernel.getTask(taskId);
  if (before !== null && before.finishedAtMs === null) {
    await Promise.race([ended, wait(Math.max(1, run.untilMs - nowOf(run)), context, stop.signal)]);
  }
  stop.abort();
  live.waiters.delete(taskId);
  const task = await context.kernel.getTask(taskId);
  if (task === null) throw new Error(`the kernel does not know task ${taskId} any more`);
  if (task.finishedAtMs === null) throw new Error(`task ${taskId} is still ${task.state} when the time is up`);
  return task;
}

function listen({ waiters }: Live, taskId: string, resolve: () => void): void {
  waiters.set(taskId, [...(waiters.get(taskId) ?? []), resolve]);
}

/** A task ended. */
export function settleWaiters(taskId: string, context: Context): void {
  const { waiters } = liveOf(context);
  const waiting = waiters.get(taskId);
  waiters.delete(taskId);
  for (const resolve of waiting ?? []) resolve();
}

function named(ids: ReadonlyMap<string, string>, ref: string): string {
  const id = ids.get(ref);
  if (id === undefined)
    throw new Error(`no earlier step made "${ref}"; there are ${[...ids.keys()].join(', ') || 'none'}`);
  return id;
}

function shown(value: unknown): string {
  return (JSON.stringify(value) ?? 'nothing').slice(0, 300);
}
