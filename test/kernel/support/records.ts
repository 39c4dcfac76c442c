import type { AgentRecord, AgentSpec, AgentStatus } from '../../../src/kernel/agents.ts';
import { DEFAULTS } from '../../../src/kernel/config.ts';
import { newTask, type TaskRecord, type TaskSpec } from '../../../src/kernel/tasks.ts';

let order = 0;

/** An idle manual agent, unless `spec` or `status` says otherwise. */
export function agentRecord(spec: Partial<AgentSpec> = {}, status: AgentStatus = { state: 'idle' }): AgentRecord {
  order += 1;
  const whole: AgentSpec = {
    id: `a${order}`,
    role: 'tester',
    capabilities: [],
    runtime: { name: 'manual', spec: null },
    rehearsal: false,
    priority: 0,
    tasksMax: 1,
    group: null,
    restart: 'transient',
    startMs: 'never',
    heartbeatMs: 'never',
    attributes: {},
    createdAtMs: 0,
    order,
    ...spec,
  };
  return {
    spec: whole,
    capable: new Set(whole.capabilities),
    status,
    tasksEver: 0,
    restarts: 0,
    lastActivityAtMs: 0,
    lastSignAtMs: 0,
    beats: false,
    isStored: false,
    ended: null,
    view: null,
  };
}

/** A queued task that was ready at 0, unless `spec` says otherwise. */
export function taskRecord(spec: Partial<TaskSpec> = {}, readyAtMs = 0): TaskRecord {
  order += 1;
  const whole: TaskSpec = {
    id: `t${order}`,
    idempotencyKey: null,
    fingerprint: null,
    type: 'work',
    description: '',
    input: null,
    priority: 50,
    agentId: null,
    role: null,
    preferredRole: null,
    capabilities: [],
    strategy: 'first_free',
    affinityKey: null,
    whenBusy: 'enqueue',
    parentId: null,
    depth: 0,
    dependsOn: [],
    deadlines: { queueMs: 'never', runMs: 'never' },
    retry: DEFAULTS.retry,
    whenInterrupted: 'redrive',
    rehearsal: false,
    attributes: {},
    createdAtMs: 0,
    ...spec,
  };
  return newTask(whole, { state: 'queued', sinceMs: readyAtMs }, order, readyAtMs);
}
