import { type AgentRecord, hasRoom, isLive, tasksOf } from './agents.ts';
import type { HeldOff } from './held-off.ts';
import { mayRun, mayRunTask, needOf } from './match.ts';
import type { TaskQueue } from './queue.ts';
import type { Roster } from './roster.ts';
import { type Memory, STRATEGIES } from './strategies.ts';
import type { TaskRecord } from './tasks.ts';

export type RouterParts = { readonly roster: Roster; readonly queue: TaskQueue; readonly heldOff: HeldOff };

/** Which agent runs which task. It only chooses; the dispatcher acts. */
export class Router {
  readonly #roster: Roster;
  readonly #queue: TaskQueue;
  readonly #heldOff: HeldOff;
  readonly #memory: Memory;

  constructor(parts: RouterParts, memory: Pick<Memory, 'affinityKeysMax' | 'limitHit'>) {
    this.#roster = parts.roster;
    this.#queue = parts.queue;
    this.#heldOff = parts.heldOff;
    this.#memory = { lastOrder: 0, affinity: new Map(), ...memory };
  }

  /** Agents that could run it now, in spawn order. */
  free(task: TaskRecord): readonly AgentRecord[] {
    const bound = task.boundTo;
    const need = needOf(task);
    const free: AgentRecord[] = [];
    for (const agent of this.#among(bound)) {
      if (!this.mayHand(agent) || !mayRun(agent, need)) continue;
      if (!tasksOf(agent.status).includes(task.spec.id)) free.push(agent);
    }
    return bound !== null && this.#queue.hasNamed(bound) ? [] : free;
  }

  /** Whether an agent can be handed a task now. */
  mayHand(agent: AgentRecord): boolean {
    return hasRoom(agent) && this.#heldOff.admits(agent.spec.id);
  }

  /** Whether no agent that is there, or is starting, could ever run it. */
  isHopeless(task: TaskRecord): boolean {
    for (const agent of this.#roster.agents.values()) {
      if (isLive(agent) && mayRunTask(agent, task)) return false;
    }
    return true;
  }

  /** One of the free agents: of the preferred role where there are any, by the task's strategy. */
  choose(free: readonly AgentRecord[], task: TaskRecord): AgentRecord {
    const { preferredRole, strategy } = task.spec;
    const preferred = preferredRole === null ? [] : free.filter((agent) => agent.spec.role === preferredRole);
    return STRATEGIES[strategy](preferred.length > 0 ? preferred : free, task, this.#memory);
  }

  /**
   * The running task whose place a new one may take: the least urgent, and of those the one started last. One that
   * must not run twice is not interrupted; it may be replaced.
   */
  victim(task: TaskRecord, how: 'interrupt' | 'replace'): TaskRecord | null {
    let victim: TaskRecord | null = null;
    for (const agent of this.#among(task.boundTo)) {
      if (!isLive(agent) || !mayRunTask(agent, task) || !this.#heldOff.admits(agent.spec.id)) continue;
      for (const running of this.#roster.tasksOn(agent)) {
        if (how === 'interrupt' && running.spec.whenInterrupted === 'fail') continue;
        victim = lessUrgent(victim, running, agent.spec.id);
      }
    }
    return victim !== null && victim.spec.priority <= task.spec.priority ? victim : null;
  }

  #among(agentId: string | null): Iterable<AgentRecord> {
    if (agentId === null) return this.#roster.agents.values();
    const agent = this.#roster.agents.get(agentId);
    return agent === undefined ? [] : [agent];
  }
}

/** A task that has ended still occupies its place while its runtime stops; it is no victim. */
function lessUrgent(best: TaskRecord | null, task: TaskRecord, agentId: string): TaskRecord | null {
  if (task.status.state !== 'running' || task.status.agentId !== agentId) return best;
  if (best === null || task.spec.priority < best.spec.priority) return task;
  if (task.spec.priority > best.spec.priority) return best;
  return task.status.token > (best.status.state === 'running' ? best.status.token : 0) ? task : best;
}
