import type { AgentRecord } from './agents.ts';
import type { TaskRecord } from './tasks.ts';

/** What a task asks of the agent that runs it. */
export type Need = {
  readonly rehearsal: boolean;
  readonly role: string | null;
  readonly capabilities: readonly string[];
  /** An agent it was taken away from. */
  readonly avoids: string | null;
};

export function needOf(task: TaskRecord): Need {
  const { rehearsal, role, capabilities } = task.spec;
  return { rehearsal, role, capabilities, avoids: task.avoids };
}

/** Equal for equal needs. */
export function needKey(need: Need): string {
  return JSON.stringify([need.rehearsal, need.role, need.avoids, ...need.capabilities.toSorted()]);
}

/** The hard match: no strategy, plugin or busy policy ever gets past it. */
export function mayRun(agent: AgentRecord, need: Need): boolean {
  const { spec } = agent;
  if (spec.rehearsal !== need.rehearsal || spec.id === need.avoids) return false;
  if (need.role !== null && spec.role !== need.role) return false;
  return need.capabilities.every((capability) => agent.capable.has(capability));
}

export function mayRunTask(agent: AgentRecord, task: TaskRecord): boolean {
  const bound = task.boundTo;
  return (bound === null || bound === agent.spec.id) && mayRun(agent, needOf(task));
}

/** For people: `role "tester" with capabilities python, sql`. */
export function describeNeed(task: TaskRecord): string {
  const bound = task.boundTo;
  const { role, capabilities, rehearsal } = task.spec;
  const who = bound === null ? 'an agent' : `agent ${bound}`;
  const as = role === null ? '' : ` of role "${role}"`;
  const what = capabilities.length === 0 ? '' : ` with ${capabilities.join(', ')}`;
  return `${who}${as}${what}${rehearsal ? ' (rehearsal)' : ''}`;
}
