import type { Agent, AgentState, RestartPolicy } from '../contract/agents.ts';
import { BanyanError } from '../contract/errors.ts';
import type { Deadline, Failure } from '../contract/tasks.ts';
import type { StoredRuntime } from './runtimes/specs.ts';

/** What is fixed when an agent is spawned. */
export type AgentSpec = {
  readonly id: string;
  readonly role: string;
  readonly capabilities: readonly string[];
  readonly runtime: StoredRuntime;
  readonly rehearsal: boolean;
  readonly priority: number;
  readonly tasksMax: number;
  readonly group: string | null;
  readonly restart: RestartPolicy;
  readonly startMs: Deadline;
  readonly heartbeatMs: Deadline;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly createdAtMs: number;
  /** Grows with every spawn: the order in which agents are listed, chosen and, in a group, restarted. */
  readonly order: number;
};

/** The state machine of an agent. */
export type AgentStatus =
  | { readonly state: 'starting' }
  | { readonly state: 'idle' }
  | { readonly state: 'busy'; readonly taskIds: readonly string[] }
  | { readonly state: 'stopping'; readonly taskIds: readonly string[]; readonly reason: string }
  | { readonly state: 'stopped'; readonly reason: string }
  | { readonly state: 'failed'; readonly error: Failure };

export type AgentMove =
  | { readonly move: 'ready' }
  | { readonly move: 'assigned'; readonly taskId: string }
  | { readonly move: 'released'; readonly taskId: string }
  | { readonly move: 'stopping'; readonly reason: string }
  | { readonly move: 'stopped'; readonly reason: string }
  | { readonly move: 'failed'; readonly error: Failure }
  | { readonly move: 'restarting' };

export type AgentRecord = {
  readonly spec: AgentSpec;
  readonly capable: ReadonlySet<string>;
  status: AgentStatus;
  tasksEver: number;
  restarts: number;
  lastActivityAtMs: number;
  /** When it last showed that it is alive, or was last handed a task while idle. */
  lastSignAtMs: number;
  /** Whether it ever sent a heartbeat: one that did not is not expected to while it is idle. */
  beats: boolean;
  /** Whether the store has its spec. */
  isStored: boolean;
  /** Its number in the order of ending; `null` while it lives. */
  ended: number | null;
  /** As others see it, made when somebody looks; `null` since it last changed. */
  view: Agent | null;
};

export const NO_TASKS: readonly string[] = Object.freeze([]);

/**
 * Where a move leads from a status: the only place that says so.
 * @throws {BanyanError} ILLEGAL_MOVE
 */
export function nextAgentStatus(status: AgentStatus, move: AgentMove, tasksMax: number): AgentStatus {
  switch (move.move) {
    case 'ready':
      if (status.state === 'starting') return { state: 'idle' };
      break;
    case 'assigned':
      if (status.state !== 'idle' && status.state !== 'busy') break;
      return assign(tasksOf(status), move.taskId, tasksMax) ?? illegal(status, move);
    case 'released':
      if (status.state === 'busy') return freed(without(status.taskIds, move.taskId) ?? illegal(status, move));
      if (status.state !== 'stopping') break;
      return { ...status, taskIds: without(status.taskIds, move.taskId) ?? illegal(status, move) };
    case 'stopping':
      if (status.state === 'stopping' || status.state === 'stopped') break;
      return { state: 'stopping', taskIds: tasksOf(status), reason: move.reason };
    case 'stopped':
      if (status.state === 'stopping' && status.taskIds.length === 0) return { state: 'stopped', reason: move.reason };
      break;
    case 'failed':
      // Its tasks leave it with this move; a stopping agent that fails is as good as stopped.
      if (status.state === 'stopping' || status.state === 'stopped' || status.state === 'failed') break;
      return { state: 'failed', error: move.error };
    case 'restarting':
      if (status.state === 'stopping' || status.state === 'stopped') break;
      return { state: 'starting' };
  }
  return illegal(status, move);
}

/** Tasks that occupy an agent, oldest first. */
export function tasksOf(status: AgentStatus): readonly string[] {
  return status.state === 'busy' || status.state === 'stopping' ? status.taskIds : NO_TASKS;
}

/** Whether it can be handed a task now. */
export function hasRoom(agent: AgentRecord): boolean {
  const { status } = agent;
  return status.state === 'idle' || (status.state === 'busy' && status.taskIds.length < agent.spec.tasksMax);
}

/** What it is handed now or later: it is there, or will be. */
export function isLive(agent: AgentRecord): boolean {
  return LIVE.has(agent.status.state);
}

export const LIVE: ReadonlySet<AgentState> = new Set<AgentState>(['starting', 'idle', 'busy']);

export function agentView(record: AgentRecord): Agent {
  record.view ??= viewOf(record);
  return record.view;
}

function viewOf(record: AgentRecord): Agent {
  const { spec, status } = record;
  const taskIds = tasksOf(status);
  return Object.freeze({
    id: spec.id,
    role: spec.role,
    state: status.state,
    capabilities: spec.capabilities,
    runtime: spec.runtime.name,
    rehearsal: spec.rehearsal,
    priority: spec.priority,
    group: spec.group,
    tasksMax: spec.tasksMax,
    taskIds,
    currentTaskId: taskIds[0] ?? null,
    tasksEver: record.tasksEver,
    restarts: record.restarts,
    error: status.state === 'failed' ? status.error : null,
    attributes: spec.attributes,
    createdAtMs: spec.createdAtMs,
    lastActivityAtMs: record.lastActivityAtMs,
  });
}

function assign(taskIds: readonly string[], taskId: string, tasksMax: number): AgentStatus | null {
  if (taskIds.length >= tasksMax || taskIds.includes(taskId)) return null;
  return { state: 'busy', taskIds: Object.freeze([...taskIds, taskId]) };
}

function freed(taskIds: readonly string[]): AgentStatus {
  return taskIds.length === 0 ? { state: 'idle' } : { state: 'busy', taskIds };
}

function without(taskIds: readonly string[], taskId: string): readonly string[] | null {
  if (!taskIds.includes(taskId)) return null;
  return taskIds.length === 1 ? NO_TASKS : Object.freeze(taskIds.filter((id) => id !== taskId));
}

function illegal(status: AgentStatus, move: AgentMove): never {
  throw new BanyanError('ILLEGAL_MOVE', `an agent that is ${status.state} cannot make the move "${move.move}"`);
}
