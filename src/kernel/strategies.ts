import type { StrategyName } from '../contract/tasks.ts';
import { type AgentRecord, tasksOf } from './agents.ts';
import type { TaskRecord } from './tasks.ts';

/** What strategies remember from one choice to the next. */
export type Memory = {
  /** Spawn order of the agent that `round_robin` chose last. */
  lastOrder: number;
  /** Affinity key → agent, the least recently used first. */
  readonly affinity: Map<string, string>;
  readonly affinityKeysMax: number;
  /** Told when a key had to go. */
  readonly limitHit: () => void;
};

/** Chooses one of the agents that may run a task and have a free place: at least one, in spawn order. */
export type Strategy = (free: readonly AgentRecord[], task: TaskRecord, memory: Memory) => AgentRecord;

export const STRATEGIES = {
  first_free: (free) => free[0] as AgentRecord,
  least_loaded: (free) => free.reduce((best, agent) => (isLessLoaded(agent, best) ? agent : best)),
  round_robin: roundRobin,
  affinity,
  priority: (free) => free.reduce((best, agent) => (isPreferred(agent, best) ? agent : best)),
} as const satisfies Record<StrategyName, Strategy>;

export const STRATEGY_NAMES = Object.keys(STRATEGIES) as readonly StrategyName[];

/** Fewer running tasks, then fewer tasks ever: with one place an agent, the free ones differ in the second only. */
function isLessLoaded(a: AgentRecord, b: AgentRecord): boolean {
  const running = tasksOf(a.status).length - tasksOf(b.status).length;
  return running < 0 || (running === 0 && a.tasksEver < b.tasksEver);
}

function isPreferred(a: AgentRecord, b: AgentRecord): boolean {
  const higher = a.spec.priority - b.spec.priority;
  return higher > 0 || (higher === 0 && isLessLoaded(a, b));
}

function roundRobin(free: readonly AgentRecord[], _task: TaskRecord, memory: Memory): AgentRecord {
  const next = free.find((agent) => agent.spec.order > memory.lastOrder) ?? (free[0] as AgentRecord);
  memory.lastOrder = next.spec.order;
  return next;
}

function affinity(free: readonly AgentRecord[], task: TaskRecord, memory: Memory): AgentRecord {
  const key = task.spec.affinityKey;
  const known = key === null ? undefined : memory.affinity.get(key);
  const chosen = free.find((agent) => agent.spec.id === known) ?? STRATEGIES.least_loaded(free);
  if (key !== null) remember(memory, key, chosen.spec.id);
  return chosen;
}

function remember({ affinity: agents, affinityKeysMax, limitHit }: Memory, key: string, agentId: string): void {
  agents.delete(key);
  agents.set(key, agentId);
  if (agents.size <= affinityKeysMax) return;
  limitHit();
  for (const oldest of agents.keys()) {
    agents.delete(oldest);
    return;
  }
}
