import type { AgentRecord, AgentSpec, AgentStatus } from '../agents.ts';
import { deepFreeze } from '../json.ts';
import { isFinal, type TaskRecord, type TaskSpec } from '../tasks.ts';
import type { Row, StoredRow } from './store.ts';

type Numbers = { ended: number };
type AgentState = Pick<AgentRecord, 'status' | 'tasksEver' | 'restarts' | 'lastActivityAtMs'>;
type TaskState = Omit<TaskRecord, 'spec' | 'isStored' | 'alarm' | 'ended'>;

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
  if (isFinal(record.status) && record.ended === null) record.ended = ++numbers.ended;
  const { spec, isStored, alarm, ended, ...state } = record;
  return {
    id: spec.id,
    spec: isStored ? null : JSON.stringify(spec),
    state: JSON.stringify(state satisfies TaskState),
    ended,
    key: spec.idempotencyKey,
  };
}

export function agentOf(row: StoredRow): AgentRecord {
  const spec = deepFreeze(JSON.parse(row.spec)) as AgentSpec;
  const state = deepFreeze(JSON.parse(row.state)) as AgentState & { readonly status: AgentStatus };
  const capable = new Set(spec.capabilities);
  return { ...state, spec, capable, lastSignAtMs: state.lastActivityAtMs, beats: false, isStored: true, ended: null };
}

export function taskOf(row: StoredRow): TaskRecord {
  const spec = deepFreeze(JSON.parse(row.spec)) as TaskSpec;
  const state = deepFreeze(JSON.parse(row.state)) as TaskState;
  return { ...state, spec, alarm: null, isStored: true, ended: null };
}
