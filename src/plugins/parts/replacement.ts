import type { Agent, SpawnRequest } from '../../contract/agents.ts';

/** Runtimes of which an agent's record does not hold enough to start another one. */
const NOT_REPEATABLE: ReadonlyMap<string, string> = new Map([
  ['manual', 'somebody outside does its work, and only they can send another'],
  ['function', 'its function has no name; give it one in the runtimes of the config'],
  ['process', 'its command has no name; give it one in the runtimes of the config'],
]);

/** Why no second agent like it can be started; `null` when one can. */
export function whyNotRepeatable({ runtime }: Pick<Agent, 'runtime'>): string | null {
  return NOT_REPEATABLE.get(runtime) ?? null;
}

/** What an agent like this one is spawned with. */
export function requestLike(
  agent: Pick<
    Agent,
    'role' | 'capabilities' | 'runtime' | 'rehearsal' | 'priority' | 'tasksMax' | 'group' | 'attributes'
  >,
): SpawnRequest {
  const { role, capabilities, runtime, rehearsal, priority, tasksMax, group, attributes } = agent;
  return {
    role,
    capabilities,
    runtime,
    rehearsal,
    priority,
    tasksMax,
    attributes,
    ...(group === null ? {} : { group }),
  };
}

/** Whether one agent can do all that another can. */
export function canStandIn(one: Agent, other: Agent): boolean {
  if (one.id === other.id || one.rehearsal !== other.rehearsal || one.role !== other.role) return false;
  return other.capabilities.every((capability) => one.capabilities.includes(capability));
}

export function isLive({ state }: Agent): boolean {
  return state === 'starting' || state === 'idle' || state === 'busy';
}
