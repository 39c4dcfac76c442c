import type { Agent } from '../../contract/agents.ts';
import type { HookEvents, Veto } from '../../contract/hooks.ts';
import { isLive } from '../parts/replacement.ts';
import { retryAfterMs } from './breaker.ts';
import { agentKey, anyOpen, beginTrial, breakerAt, isAdmitted, typeKey } from './breakers.ts';
import type { Context } from './state.ts';

type Event = HookEvents['allow_task_delegate'];

/** Vetoes a task that could only go where work keeps failing. While no breaker is open, it costs one look. */
export function admit(event: Event, context: Context): Veto | undefined | Promise<Veto | undefined> {
  if (!anyOpen(context)) return undefined;
  const { type, agentId, taskId } = event;
  if (hasScope('type', context)) {
    if (!isAdmitted(typeKey(type), context)) return vetoOf([typeKey(type)], `tasks of type ${type}`, context);
    beginTrial(typeKey(type), taskId, context);
  }
  if (!hasScope('agent', context)) return undefined;
  if (agentId === null) return admitAny(event, context);
  if (!isAdmitted(agentKey(agentId), context)) return vetoOf([agentKey(agentId)], `agent ${agentId}`, context);
  beginTrial(agentKey(agentId), taskId, context);
  return undefined;
}

/** A role that the task may ask for is not in the event: it is vetoed only where no role could help. */
async function admitAny({ capabilities, rehearsal }: Event, context: Context): Promise<Veto | undefined> {
  const able = (await context.kernel.listAgents()).filter(
    (agent) => isLive(agent) && agent.rehearsal === rehearsal && hasAll(agent, capabilities),
  );
  const keys = able.map(({ id }) => agentKey(id));
  if (keys.length === 0 || keys.some((key) => isAdmitted(key, context))) return undefined;
  return vetoOf(keys, 'each agent that may run it', context);
}

/** Of several agents, one to which work may go; the router's choice while all of them are. */
export function chooseAdmitted({ task, candidates }: HookEvents['choose_agent'], context: Context): string | undefined {
  if (!anyOpen(context) || !hasScope('agent', context)) return undefined;
  const closed = candidates.filter(({ id }) => breakerAt(agentKey(id), context).kind === 'closed');
  if (closed.length === candidates.length) return undefined;
  const admitted = closed.length > 0 ? closed : candidates.filter(({ id }) => isAdmitted(agentKey(id), context));
  const chosen = admitted.toSorted((a, b) => a.taskIds.length - b.taskIds.length)[0];
  if (chosen !== undefined) beginTrial(agentKey(chosen.id), task.id, context);
  return chosen?.id;
}

function vetoOf(keys: readonly string[], who: string, context: Context): Veto {
  const nowMs = context.now();
  const waitsMs = keys.map((key) => retryAfterMs(breakerAt(key, context), nowMs, context.config.breaker));
  return {
    veto: `work fails again and again: the breaker of ${who} is open`,
    retryAfterMs: Math.max(1, Math.min(...waitsMs)),
  };
}

function hasScope(scope: 'agent' | 'type', { config }: Context): boolean {
  return config.breaker.scopes.includes(scope);
}

function hasAll(agent: Agent, capabilities: readonly string[]): boolean {
  return capabilities.every((capability) => agent.capabilities.includes(capability));
}
