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
    spec: record.isStored ? null : JSON.stringify(sparse(spec, EMPTY_SPEC)),
    state: JSON.stringify(sparse(record, EMPTY_STATE)),
    ended: record.ended,
    key: spec.idempotencyKey,
  };
}

/** What most tasks have, so that it need not be written for each: half of a row. */
const EMPTY_SPEC: Partial<TaskSpec> = {
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
};

/** `OMIT`: never written. Every other field is, unless it has this value. */
const OMIT = Symbol('omitted');
const EMPTY_STATE: { readonly [K in keyof TaskRecord]?: TaskRecord[K] | typeof OMIT } = {
  spec: OMIT,
  alarm: OMIT,
  isStored: OMIT,
  ended: OMIT,
  boundTo: null,
  avoids: null,
  movedFrom: null,
  agentId: null,
  attempts: NO_ATTEMPTS,
  attemptsEver: 0,
  failures: 0,
  interruptions: 0,
  lastError: null,
  startedAtMs: null,
};

function sparse(whole: object, empty: object): object {
  const written: Record<string, unknown> = {};
  const values = whole as Record<string, unknown>;
  const omitted = empty as Record<string, unknown>;
  for (const key in values) {
    if (values[key] !== omitted[key] && omitted[key] !== OMIT) written[key] = values[key];
  }
  return written;
}

export function agentOf(row: StoredRow): AgentRecord {
  const spec = deepFreeze(JSON.parse(row.spec)) as AgentSpec;
  const state = deepFreeze(JSON.parse(row.state)) as AgentState & { readonly status: AgentStatus };
  const capable = new Set(spec.capabilities);
  return { ...state, spec, capable, lastSignAtMs: state.lastActivityAtMs, beats: false, isStored: true, ended: null };
}

export function taskOf(row: StoredRow): TaskRecord {
  const spec = deepFreeze({ ...EMPTY_SPEC, ...JSON.parse(row.spec) }) as TaskSpec;
  const state = { ...EMPTY_STATE, ...(deepFreeze(JSON.parse(row.state)) as object) } as TaskRecord;
  return { ...state, spec, alarm: null, isStored: true, ended: null };
}
