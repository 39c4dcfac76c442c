import type { Attempt, AttemptEnd, Failure } from '../../contract/tasks.ts';
import type { AgentRecord, AgentSpec, AgentStatus } from '../agents.ts';
import { deepFreeze } from '../json.ts';
import {
  isFinal,
  NO_ATTEMPTS,
  NO_ATTRIBUTES,
  NO_DEPENDENCIES,
  NO_NAMES,
  type TaskRecord,
  type TaskSpec,
} from '../tasks.ts';
import type { Row, StoredRow } from './store.ts';

type Numbers = { ended: number };
type AgentState = Pick<AgentRecord, 'status' | 'tasksEver' | 'restarts' | 'lastActivityAtMs'>;

/** Records as the store keeps them. What ended is numbered when it is first written so. */
export function agentRow(record: AgentRecord, numbers: Numbers): Row {
  const { spec, status, tasksEver, restarts, lastActivityAtMs } = record;
  if (status.state === 'stopped' && record.ended === null) record.ended = ++numbers.ended;
  const state: AgentState = { status, tasksEver, restarts, lastActivityAtMs };
  return {
    id: spec.id,
    spec: record.isStored ? null : JSON.stringify(spec),
    state: JSON.stringify(state),
    ended: record.ended,
    key: null,
  };
}

export function taskRow(record: TaskRecord, numbers: Numbers): Row {
  const { spec } = record;
  if (record.ended === null && isFinal(record.status)) record.ended = ++numbers.ended;
  return {
    id: spec.id,
    spec: record.isStored ? null : JSON.stringify(writtenSpec(spec)),
    state: JSON.stringify(writtenState(record)),
    ended: record.ended,
    key: spec.idempotencyKey,
  };
}

/** A field that most tasks leave empty is not written: what is `undefined` is no JSON. Halves a row. */
type Written<T> = { readonly [K in keyof T]: T[K] | undefined };

function writtenSpec(spec: TaskSpec): Written<TaskSpec> {
  return {
    // The row has it.
    id: undefined,
    idempotencyKey: spec.idempotencyKey ?? undefined,
    fingerprint: spec.fingerprint ?? undefined,
    type: spec.type,
    description: spec.description || undefined,
    input: spec.input ?? undefined,
    priority: spec.priority === USUAL.priority ? undefined : spec.priority,
    agentId: spec.agentId ?? undefined,
    role: spec.role ?? undefined,
    preferredRole: spec.preferredRole ?? undefined,
    capabilities: filled(spec.capabilities),
    strategy: spec.strategy === USUAL.strategy ? undefined : spec.strategy,
    affinityKey: spec.affinityKey ?? undefined,
    whenBusy: spec.whenBusy === USUAL.whenBusy ? undefined : spec.whenBusy,
    parentId: spec.parentId ?? undefined,
    depth: spec.depth || undefined,
    dependsOn: filled(spec.dependsOn),
    deadlines: hasUsualDeadlines(spec) ? undefined : spec.deadlines,
    retry: hasUsualRetry(spec) ? undefined : spec.retry,
    whenInterrupted: spec.whenInterrupted === USUAL.whenInterrupted ? undefined : spec.whenInterrupted,
    rehearsal: spec.rehearsal || undefined,
    attributes: spec.attributes === NO_ATTRIBUTES ? undefined : spec.attributes,
    createdAtMs: spec.createdAtMs,
  };
}

/** What a row leaves out. Part of the format: it does not follow when a default of the kernel changes. */
const USUAL = {
  priority: 50,
  strategy: 'least_loaded',
  whenBusy: 'enqueue',
  whenInterrupted: 'redrive',
  deadlines: Object.freeze({ queueMs: 600_000, runMs: 1_800_000 }),
  retry: Object.freeze({ attemptsMax: 1, pauseMs: 1_000, pauseMsMax: 30_000, finalCodes: NO_NAMES }),
} as const satisfies Partial<TaskSpec>;

function hasUsualDeadlines({ deadlines }: TaskSpec): boolean {
  return deadlines.queueMs === USUAL.deadlines.queueMs && deadlines.runMs === USUAL.deadlines.runMs;
}

function hasUsualRetry({ retry }: TaskSpec): boolean {
  const { attemptsMax, pauseMs, pauseMsMax, finalCodes } = USUAL.retry;
  if (retry.attemptsMax !== attemptsMax || retry.pauseMs !== pauseMs) return false;
  return retry.pauseMsMax === pauseMsMax && retry.finalCodes.length === finalCodes.length;
}

const EMPTY_SPEC = {
  ...USUAL,
  idempotencyKey: null,
  fingerprint: null,
  description: '',
  input: null,
  agentId: null,
  role: null,
  preferredRole: null,
  capabilities: NO_NAMES,
  affinityKey: null,
  parentId: null,
  depth: 0,
  dependsOn: NO_DEPENDENCIES,
  rehearsal: false,
  attributes: NO_ATTRIBUTES,
} satisfies Partial<TaskSpec>;

/** Its last attempt says on which agent it runs or ran, and since when. */
type TaskState = Omit<
  TaskRecord,
  'spec' | 'agentId' | 'startedAtMs' | 'alarm' | 'isStored' | 'isRestored' | 'ended' | 'view'
>;

function writtenState(record: TaskRecord): Written<WrittenState> {
  return {
    status: record.status,
    boundTo: record.boundTo ?? undefined,
    avoids: record.avoids ?? undefined,
    movedFrom: record.movedFrom ?? undefined,
    arrival: record.arrival,
    readyAtMs: record.readyAtMs,
    attempts: record.attempts.length === 0 ? undefined : record.attempts.map(writtenAttempt),
    attemptsEver: record.attemptsEver || undefined,
    failures: record.failures || undefined,
    interruptions: record.interruptions || undefined,
    lastError: record.lastError ?? undefined,
  };
}

type WrittenState = Omit<TaskState, 'attempts'> & { readonly attempts: readonly WrittenAttempt[] };

/** The last two only once it ended. */
type WrittenAttempt =
  | readonly [token: number, agentId: string, startedAtMs: number]
  | readonly [token: number, agentId: string, startedAtMs: number, endedAtMs: number, AttemptEnd, Failure | null];

function writtenAttempt({ token, agentId, startedAtMs, endedAtMs, end, error }: Attempt): WrittenAttempt {
  if (endedAtMs === null || end === null) return [token, agentId, startedAtMs];
  return [token, agentId, startedAtMs, endedAtMs, end, error];
}

function attemptOf([token, agentId, startedAtMs, ...ended]: WrittenAttempt): Attempt {
  const [endedAtMs = null, end = null, error = null] = ended;
  return { token, agentId, startedAtMs, endedAtMs, end, error };
}

const EMPTY_STATE = {
  boundTo: null,
  avoids: null,
  movedFrom: null,
  attempts: NO_ATTEMPTS,
  attemptsEver: 0,
  failures: 0,
  interruptions: 0,
  lastError: null,
} satisfies Partial<TaskState>;

function filled<T>(list: readonly T[]): readonly T[] | undefined {
  return list.length === 0 ? undefined : list;
}

export function agentOf(row: StoredRow): AgentRecord {
  const spec = deepFreeze(JSON.parse(row.spec)) as AgentSpec;
  const state = deepFreeze(JSON.parse(row.state)) as AgentState & { readonly status: AgentStatus };
  const capable = new Set(spec.capabilities);
  return {
    ...state,
    spec,
    capable,
    lastSignAtMs: state.lastActivityAtMs,
    beats: false,
    isStored: true,
    ended: null,
    view: null,
  };
}

export function taskOf(row: StoredRow): TaskRecord {
  const spec = deepFreeze({ ...EMPTY_SPEC, ...JSON.parse(row.spec), id: row.id }) as TaskSpec;
  const { attempts, ...written } = JSON.parse(row.state) as Partial<WrittenState> & Pick<TaskState, 'status'>;
  const read = attempts === undefined ? written : { ...written, attempts: attempts.map(attemptOf) };
  const state = { ...EMPTY_STATE, ...(deepFreeze(read) as Partial<TaskState>) } as TaskState;
  const last = state.attempts.at(-1);
  const ran = { agentId: last?.agentId ?? null, startedAtMs: last?.startedAtMs ?? null };
  return { ...state, ...ran, spec, alarm: null, isStored: true, isRestored: true, ended: null, view: null };
}
