import type { AgentState } from '../contract/agents.ts';
import type { KernelEvent } from '../contract/events.ts';
import type { TaskState } from '../contract/tasks.ts';
import { type AgentMove, type AgentRecord, type AgentSpec, nextAgentStatus, tasksOf } from './agents.ts';
import type { Clock } from './clock.ts';
import type { Journal } from './journal.ts';
import {
  attemptsAfter,
  newTask,
  nextTaskStatus,
  type TaskMove,
  type TaskRecord,
  type TaskSpec,
  type TaskStatus,
} from './tasks.ts';

type Kind<P extends string> = Extract<KernelEvent['kind'], `${P}.${string}`>;

/** One move as those hear of it who live by it: hooks, watches, counts. */
export type Moved =
  | { readonly of: 'agent'; readonly agent: AgentRecord; readonly event: Extract<KernelEvent, { kind: Kind<'agent'> }> }
  | { readonly of: 'task'; readonly task: TaskRecord; readonly event: Extract<KernelEvent, { kind: Kind<'task'> }> };

/**
 * Every agent and every live task, and the only place where they move. A move that the state machine allows
 * changes the record, notes exactly one event and keeps the counts; one that it does not allow changes nothing.
 */
export class Roster {
  /** In spawn order. Stopped agents leave. */
  readonly agents = new Map<string, AgentRecord>();
  /** Ended tasks leave once their end is durable. */
  readonly tasks = new Map<string, TaskRecord>();
  readonly agentCounts: Record<AgentState, number> = {
    starting: 0,
    idle: 0,
    busy: 0,
    stopping: 0,
    stopped: 0,
    failed: 0,
  };
  readonly taskCounts: Record<TaskState, number> = {
    waiting: 0,
    queued: 0,
    running: 0,
    completed: 0,
    failed: 0,
    cancelled: 0,
  };
  readonly #clock: Clock;
  readonly #journal: Journal;
  readonly #attemptsKeptMax: number;
  readonly #onMove: (moved: Moved) => void;

  constructor(clock: Clock, journal: Journal, attemptsKeptMax: number, onMove: (moved: Moved) => void) {
    this.#clock = clock;
    this.#journal = journal;
    this.#attemptsKeptMax = attemptsKeptMax;
    this.#onMove = onMove;
  }

  /** Takes up what an earlier process left. */
  restore(agents: readonly AgentRecord[], tasks: readonly TaskRecord[]): void {
    for (const agent of agents.toSorted((a, b) => a.spec.order - b.spec.order)) this.#addAgent(agent);
    for (const task of tasks.toSorted((a, b) => a.arrival - b.arrival)) this.#addTask(task);
  }

  addAgent(spec: AgentSpec): AgentRecord {
    const record: AgentRecord = {
      spec,
      capable: new Set(spec.capabilities),
      status: { state: 'starting' },
      tasksEver: 0,
      restarts: 0,
      lastActivityAtMs: spec.createdAtMs,
      lastSignAtMs: spec.createdAtMs,
      beats: false,
      isStored: false,
      ended: null,
      view: null,
    };
    this.#addAgent(record);
    this.#noteAgent(record, 'spawned', null, null, null);
    return record;
  }

  /** @throws {BanyanError} ILLEGAL_MOVE, and nothing has changed */
  moveAgent(record: AgentRecord, move: AgentMove): void {
    const from = record.status.state;
    record.status = nextAgentStatus(record.status, move, record.spec.tasksMax);
    record.view = null;
    record.lastActivityAtMs = this.#clock.now();
    if (move.move !== 'assigned' || from === 'idle') record.lastSignAtMs = record.lastActivityAtMs;
    if (move.move === 'assigned') record.tasksEver += 1;
    if (move.move === 'restarting') record.restarts += 1;
    this.agentCounts[from] -= 1;
    this.agentCounts[record.status.state] += 1;
    if (record.status.state === 'stopped') this.agents.delete(record.spec.id);
    this.#noteAgent(record, move.move, from, 'taskId' in move ? move.taskId : null, detailOf(move));
  }

  addTask(spec: TaskSpec, isWaiting: boolean): TaskRecord {
    const nowMs = this.#clock.now();
    const status: TaskStatus = isWaiting ? { state: 'waiting', untilMs: null } : { state: 'queued', sinceMs: nowMs };
    const record = newTask(spec, status, ++this.#journal.counters.arrival, nowMs);
    this.#addTask(record);
    this.#journal.counters.delegated += 1;
    this.#noteTask(record, 'delegated', null, null);
    return record;
  }

  /** @throws {BanyanError} ILLEGAL_MOVE, and nothing has changed */
  moveTask(record: TaskRecord, move: TaskMove): void {
    const from = record.status.state;
    const atMs = this.#clock.now();
    const next = nextTaskStatus(record.status, move, atMs);
    record.attempts = attemptsAfter(record, move, atMs, this.#attemptsKeptMax);
    record.status = next;
    record.view = null;
    noteMove(record, move, atMs);
    this.taskCounts[from] -= 1;
    this.taskCounts[record.status.state] += 1;
    const { state } = record.status;
    if (state === 'completed' || state === 'failed' || state === 'cancelled') this.#ended(record, state);
    this.#noteTask(record, move.move, from, detailOf(move));
  }

  /** The live tasks that occupy an agent. */
  tasksOn(agent: AgentRecord): readonly TaskRecord[] {
    return tasksOf(agent.status).flatMap((id) => this.tasks.get(id) ?? []);
  }

  #addAgent(record: AgentRecord): void {
    this.agents.set(record.spec.id, record);
    this.agentCounts[record.status.state] += 1;
  }

  #addTask(record: TaskRecord): void {
    this.tasks.set(record.spec.id, record);
    this.taskCounts[record.status.state] += 1;
  }

  #ended(record: TaskRecord, state: 'completed' | 'failed' | 'cancelled'): void {
    this.#journal.counters[state] += 1;
    this.#journal.afterCommit(() => {
      this.tasks.delete(record.spec.id);
      this.taskCounts[state] -= 1;
    });
  }

  #noteAgent(
    record: AgentRecord,
    move: AgentMove['move'] | 'spawned',
    from: AgentState | null,
    taskId: string | null,
    detail: string | null,
  ): void {
    const to = record.status.state;
    const event = {
      sequence: this.#next(),
      atMs: this.#clock.now(),
      agentId: record.spec.id,
      taskId,
      kind: `agent.${move}` as const,
      from,
      to,
      detail,
    };
    this.#journal.noteAgent(record, event);
    this.#onMove({ of: 'agent', agent: record, event });
  }

  #noteTask(
    record: TaskRecord,
    move: TaskMove['move'] | 'delegated',
    from: TaskState | null,
    detail: string | null,
  ): void {
    const to = record.status.state;
    const agentId = record.status.state === 'running' ? record.status.agentId : record.agentId;
    const event = {
      sequence: this.#next(),
      atMs: this.#clock.now(),
      agentId,
      taskId: record.spec.id,
      kind: `task.${move}` as const,
      from,
      to,
      detail,
    };
    this.#journal.noteTask(record, event);
    this.#onMove({ of: 'task', task: record, event });
  }

  #next(): number {
    this.#journal.counters.sequence += 1;
    return this.#journal.counters.sequence;
  }
}

/** What a record remembers of a move besides its status. */
function noteMove(record: TaskRecord, move: TaskMove, atMs: number): void {
  if ('error' in move) record.lastError = move.error;
  if (move.move === 'failed' || move.move === 'retrying') record.failures += 1;
  if (move.move === 'interrupted') record.interruptions += 1;
  if (move.move === 'ready') record.readyAtMs = atMs;
  if (move.move !== 'started') return;
  record.agentId = move.agentId;
  record.startedAtMs = atMs;
  record.attemptsEver += 1;
}

function detailOf(move: AgentMove | TaskMove): string | null {
  if ('error' in move) return `${move.error.code}: ${move.error.message}`;
  if ('reason' in move) return move.reason;
  return null;
}
