import { BanyanError } from '../contract/errors.ts';
import type {
  Attempt,
  AttemptEnd,
  BusyPolicy,
  Dependency,
  Failure,
  Retry,
  StrategyName,
  Task,
  TaskDeadlines,
  TaskState,
} from '../contract/tasks.ts';
import type { Alarm } from './deadlines.ts';

/** What is fixed when a task is delegated. */
export type TaskSpec = {
  readonly id: string;
  readonly idempotencyKey: string | null;
  /** Of the request, where it has a key. */
  readonly fingerprint: string | null;
  readonly type: string;
  readonly description: string;
  readonly input: unknown;
  readonly priority: number;
  readonly agentId: string | null;
  readonly role: string | null;
  readonly preferredRole: string | null;
  readonly capabilities: readonly string[];
  readonly strategy: StrategyName;
  readonly affinityKey: string | null;
  readonly whenBusy: BusyPolicy;
  readonly parentId: string | null;
  /** 0 for a task without a parent. */
  readonly depth: number;
  readonly dependsOn: readonly Dependency[];
  readonly deadlines: TaskDeadlines;
  readonly retry: Retry;
  readonly whenInterrupted: 'redrive' | 'fail';
  readonly rehearsal: boolean;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly createdAtMs: number;
};

/** The state machine of a task. */
export type TaskStatus =
  /** For its next attempt, or (`null`) for the tasks it depends on. */
  | { readonly state: 'waiting'; readonly untilMs: number | null }
  | { readonly state: 'queued'; readonly sinceMs: number }
  | { readonly state: 'running'; readonly sinceMs: number; readonly agentId: string; readonly token: number }
  | { readonly state: 'completed'; readonly atMs: number; readonly result: unknown }
  | { readonly state: 'failed'; readonly atMs: number; readonly error: Failure }
  | { readonly state: 'cancelled'; readonly atMs: number; readonly reason: string };

export type TaskMove =
  /** The tasks it depends on have ended, or the pause before its next attempt has. */
  | { readonly move: 'ready' }
  | { readonly move: 'started'; readonly agentId: string; readonly token: number }
  | { readonly move: 'completed'; readonly result: unknown }
  | { readonly move: 'failed'; readonly error: Failure }
  | { readonly move: 'retrying'; readonly error: Failure; readonly untilMs: number }
  | { readonly move: 'interrupted'; readonly error: Failure }
  | { readonly move: 'reassigned'; readonly toAgentId: string | null }
  | { readonly move: 'cancelled'; readonly reason: string };

export type TaskRecord = {
  readonly spec: TaskSpec;
  status: TaskStatus;
  /** The only agent that may run it: `spec.agentId`, until `reassign` says otherwise. */
  boundTo: string | null;
  /** The agent that `reassign` took it from: it does not go back there. */
  avoids: string | null;
  /** The agent it was taken from, until it starts on another. */
  movedFrom: string | null;
  /** Its number in the order in which tasks came. Decides among those that name an agent, and among equals. */
  arrival: number;
  /** Since when it can run: its age in the queue. What is interrupted keeps it, what is retried is ready anew. */
  readyAtMs: number;
  /** The agent that runs it or ran it last. */
  agentId: string | null;
  attempts: readonly Attempt[];
  attemptsEver: number;
  /** Attempts that failed, and attempts that were cut short through no fault of theirs. */
  failures: number;
  interruptions: number;
  lastError: Failure | null;
  startedAtMs: number | null;
  /** What rings next for it: the end of its stay in the queue, of its pause, or of its attempt. Not kept. */
  alarm: Alarm | null;
  /** Whether the store has it. */
  isStored: boolean;
  /** Whether an earlier process left it. */
  readonly isRestored: boolean;
  /** Its number in the order of ending; `null` while it lives. */
  ended: number | null;
  /** As others see it, made when somebody looks; `null` since it last changed. */
  view: Task | null;
};

/**
 * Where a move leads from a status: the only place that says so.
 * @throws {BanyanError} ILLEGAL_MOVE
 */
export function nextTaskStatus(status: TaskStatus, move: TaskMove, atMs: number): TaskStatus {
  switch (move.move) {
    case 'ready':
      if (status.state === 'waiting') return { state: 'queued', sinceMs: atMs };
      break;
    case 'started':
      if (status.state !== 'queued') break;
      return { state: 'running', sinceMs: atMs, agentId: move.agentId, token: move.token };
    case 'completed':
      if (status.state === 'running') return { state: 'completed', atMs, result: move.result };
      break;
    case 'failed':
      if (!isFinal(status)) return { state: 'failed', atMs, error: move.error };
      break;
    case 'retrying':
      if (status.state === 'running') return { state: 'waiting', untilMs: move.untilMs };
      break;
    case 'interrupted':
      if (status.state === 'running') return { state: 'queued', sinceMs: atMs };
      break;
    case 'reassigned':
      if (status.state === 'queued') return status;
      if (status.state === 'running') return { state: 'queued', sinceMs: atMs };
      break;
    case 'cancelled':
      if (!isFinal(status)) return { state: 'cancelled', atMs, reason: move.reason };
      break;
  }
  throw new BanyanError('ILLEGAL_MOVE', `a task that is ${status.state} cannot make the move "${move.move}"`);
}

const FINAL: ReadonlySet<TaskState> = new Set<TaskState>(['completed', 'failed', 'cancelled']);

export function isFinal(status: { readonly state: TaskState }): boolean {
  return FINAL.has(status.state);
}

export function newTask(spec: TaskSpec, status: TaskStatus, arrival: number, nowMs: number): TaskRecord {
  return {
    spec,
    status,
    boundTo: spec.agentId,
    avoids: null,
    movedFrom: null,
    arrival,
    readyAtMs: nowMs,
    agentId: null,
    attempts: NO_ATTEMPTS,
    attemptsEver: 0,
    failures: 0,
    interruptions: 0,
    lastError: null,
    startedAtMs: null,
    alarm: null,
    isStored: false,
    isRestored: false,
    ended: null,
    view: null,
  };
}

/** One of each, so that emptiness can be told by identity. */
export const NO_ATTEMPTS: readonly Attempt[] = Object.freeze([]);
export const NO_DEPENDENCIES: readonly Dependency[] = Object.freeze([]);
export const NO_NAMES: readonly string[] = Object.freeze([]);
export const NO_ATTRIBUTES: Readonly<Record<string, unknown>> = Object.freeze({});

/** The attempts of a task after a move: starting opens one, leaving `running` closes it. */
export function attemptsAfter(record: TaskRecord, move: TaskMove, atMs: number, keptMax: number): readonly Attempt[] {
  const { attempts } = record;
  if (move.move === 'started') {
    const { token, agentId } = move;
    const opened: Attempt = Object.freeze({
      token,
      agentId,
      startedAtMs: atMs,
      endedAtMs: null,
      end: null,
      error: null,
    });
    return Object.freeze([...attempts, opened].slice(-keptMax));
  }
  const last = attempts.at(-1);
  const end = ENDS[move.move];
  if (last === undefined || last.end !== null || end === null) return attempts;
  const error = 'error' in move ? move.error : null;
  return Object.freeze([...attempts.slice(0, -1), Object.freeze({ ...last, endedAtMs: atMs, end, error })]);
}

/** How a move ends the attempt that is under way. */
const ENDS = {
  ready: null,
  completed: 'completed',
  failed: 'failed',
  retrying: 'failed',
  interrupted: 'interrupted',
  reassigned: 'interrupted',
  cancelled: 'cancelled',
} as const satisfies Record<Exclude<TaskMove['move'], 'started'>, AttemptEnd | null>;

export function taskView(record: TaskRecord): Task {
  record.view ??= viewOf(record);
  return record.view;
}

function viewOf(record: TaskRecord): Task {
  const { spec, status } = record;
  return Object.freeze({
    id: spec.id,
    type: spec.type,
    description: spec.description,
    input: spec.input,
    state: status.state,
    priority: spec.priority,
    agentId: record.agentId ?? record.boundTo,
    role: spec.role,
    capabilities: spec.capabilities,
    parentId: spec.parentId,
    dependsOn: spec.dependsOn,
    rehearsal: spec.rehearsal,
    deadlines: spec.deadlines,
    result: status.state === 'completed' ? status.result : null,
    error: status.state === 'failed' ? status.error : record.lastError,
    reason: status.state === 'cancelled' ? status.reason : null,
    token: status.state === 'running' ? status.token : null,
    attempts: record.attempts,
    attemptsEver: record.attemptsEver,
    attributes: spec.attributes,
    createdAtMs: spec.createdAtMs,
    startedAtMs: record.startedAtMs,
    finishedAtMs: isFinal(status) && 'atMs' in status ? status.atMs : null,
  });
}
