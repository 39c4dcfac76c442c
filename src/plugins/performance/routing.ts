import type { HookEvents } from '../../contract/hooks.ts';
import type { Context } from './state.ts';
import { pairOf } from './tasks.ts';

/** Runs of a type on an agent below which nothing is known of the two. */
export const RUNS_MIN = 5;

export function routingMode({ state, config }: Context): 'off' | 'fastest' {
  return state.routing ?? config.routing;
}

/**
 * Names the agent that is expected to be done first: mean run of this type, times the tasks it already has and
 * this one. An agent of which too little is known is tried before all others, or it would stay unknown.
 */
export function chooseAgent({ task, candidates }: HookEvents['choose_agent'], context: Context): string | undefined {
  const { routed } = context.state;
  routed.asked++;
  if (routingMode(context) === 'off') return undefined;
  const expected = candidates.map(({ id, taskIds }) => {
    const pair = pairOf(context, id, task.type);
    const runMs = pair === undefined || pair.runs < RUNS_MIN ? 0 : pair.meanRunMs;
    return { id, doneMs: runMs * (taskIds.length + 1), load: taskIds.length };
  });
  expected.sort((a, b) => a.doneMs - b.doneMs || a.load - b.load);
  routed.chosen++;
  return expected[0]?.id;
}

export function routingAnalytics(context: Context) {
  const { state } = context;
  const agents = [...state.agents].map(([agentId, { delegated, completed, failed, runs, runMsSum }]) => ({
    agentId,
    delegated,
    completed,
    failed,
    meanRunMs: runs === 0 ? null : runMsSum / runs,
  }));
  const seen = (hook: string) => state.events.get(hook) ?? 0;
  return {
    mode: routingMode(context),
    ...state.routed,
    delegated: seen('on_task_delegated'),
    reassigned: seen('on_task_reassigned'),
    queued: seen('on_task_queued'),
    hopeless: seen('on_no_agent_available'),
    agents,
  };
}
