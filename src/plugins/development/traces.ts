import type { HookEvents, HookOf } from '../../contract/hooks.ts';
import { addBounded, hit } from '../parts/bounded.ts';
import { liveOf } from './live.ts';
import type { Trace } from './shapes.ts';
import { BOUNDS, type Context } from './state.ts';

/** What a trace says of an event. */
type Look = {
  readonly taskId?: string | null;
  readonly agentId?: string | null;
  readonly facts?: Readonly<Record<string, unknown>>;
};

/** Adds to the ring; the oldest go. */
export function trace(event: string, { taskId = null, agentId = null, facts = {} }: Look, context: Context): void {
  const { state, config, now } = context;
  if (!config.traces.enabled) return;
  const { scenario } = liveOf(context);
  const entry: Trace = { sequence: ++state.traced, atMs: now(), event, taskId, agentId, scenario, facts };
  hit(state.limitsHit, 'tracesMax', addBounded(state.traces, entry, BOUNDS.tracesMax));
}

/** JSON of a value, cut; `undefined` where details are not wanted. */
export function detail(value: unknown, { config }: Context): string | undefined {
  if (!config.traces.details || !config.traces.enabled) return undefined;
  return (JSON.stringify(value) ?? 'null').slice(0, BOUNDS.traceCharsMax);
}

type Looks = { readonly [N in HookOf<'observe'>]?: (event: HookEvents[N], context: Context) => Look };

/** What is traced of each event. */
const LOOKS = {
  on_agent_spawned: ({ agent }) => ({ agentId: agent.id, facts: { role: agent.role, runtime: agent.runtime } }),
  on_agent_stopped: ({ agent, reason }) => ({ agentId: agent.id, facts: { reason } }),
  on_agent_failure: ({ agent, error }) => ({ agentId: agent.id, facts: { ...error } }),
  on_task_queued: ({ task, queued }, context) => ({
    taskId: task.id,
    facts: { type: task.type, queued, input: detail(task.input, context) },
  }),
  on_no_agent_available: ({ task, capabilities }) => ({ taskId: task.id, facts: { type: task.type, capabilities } }),
  on_task_delegated: ({ task, agent }, context) => ({
    taskId: task.id,
    agentId: agent.id,
    facts: { type: task.type, input: detail(task.input, context) },
  }),
  on_task_reassigned: ({ task, fromAgentId, toAgentId }) => ({
    taskId: task.id,
    agentId: toAgentId,
    facts: { fromAgentId },
  }),
  on_task_completed: ({ task, result, runMs }, context) => ({
    taskId: task.id,
    agentId: task.agentId,
    facts: { type: task.type, runMs, result: detail(result, context) },
  }),
  on_task_failed: ({ task, error, attempt, willRetry }) => ({
    taskId: task.id,
    agentId: task.agentId,
    facts: { ...error, attempt, willRetry },
  }),
  on_task_cancelled: ({ task, reason }) => ({ taskId: task.id, agentId: task.agentId, facts: { reason } }),
  on_message_sent: ({ topic, from, subscribers }) => ({ facts: { topic, from, subscribers } }),
  on_alert_raised: ({ id, severity, message }) => ({ facts: { id, severity, message } }),
} as const satisfies Looks;

/** Traces an event of the kernel. */
export function look<N extends keyof typeof LOOKS>(hook: N, event: HookEvents[N], context: Context): void {
  if (!context.config.traces.enabled) return;
  trace(hook, (LOOKS[hook] as (event: HookEvents[N], context: Context) => Look)(event, context), context);
}
