import type { Agent } from '../../contract/agents.ts';
import type { Task } from '../../contract/tasks.ts';
import { headOf, record } from './audit.ts';
import { HOUR_MS } from './config.ts';
import { forgetExpired } from './identity.ts';
import { forgetFull } from './limits.ts';
import type { AuditEntry } from './shapes.ts';
import { readStamp, STAMP_KEY } from './stamp.ts';
import type { Context } from './state.ts';
import { lastHour, noteExecution, reviewAlerts } from './threats.ts';

/** What the plugin does by itself. */
export function begin(context: Context): void {
  context.repeat(context.config.monitorEveryMs, () => {
    forgetExpired(context);
    forgetFull(context);
    forgetQuiet(context);
    reviewAlerts(context);
  });
}

function forgetQuiet({ state, now }: Context): void {
  for (const [principal, { executions }] of state.activity) {
    const last = executions.slices.at(-1);
    if (last === undefined || now() - last.startMs > 2 * HOUR_MS) state.activity.delete(principal);
  }
}

/** The end of a task, in the audit log and in what is known of its caller. */
export function taskEnded(task: Task, how: Pick<AuditEntry, 'action' | 'success' | 'error'>, context: Context): void {
  const { principal, source } = callerOf('task', task, context);
  if (how.success && principal !== null) noteExecution(principal, source, context);
  const { auditTasks } = context.config;
  if (auditTasks === 'none' || (auditTasks === 'named' && principal === null)) return;
  const { id: taskId, agentId, type, startedAtMs, finishedAtMs } = task;
  const durationMs = startedAtMs === null || finishedAtMs === null ? null : finishedAtMs - startedAtMs;
  const resource = `task/${type}`;
  record({ category: 'data_access', ...how, principal, source, agentId, taskId, resource, durationMs }, context);
}

export function agentMoved(
  agent: Agent,
  how: Pick<AuditEntry, 'action' | 'success' | 'error'>,
  context: Context,
): void {
  const { principal, source } = callerOf('agent', agent, context);
  const resource = `agent/${agent.role}`;
  record({ category: 'system_administration', ...how, principal, source, agentId: agent.id, resource }, context);
}

function callerOf(on: 'agent' | 'task', { attributes }: Pick<Task, 'attributes'>, context: Context) {
  const reading = STAMP_KEY in attributes ? readStamp(on, attributes[STAMP_KEY], context) : null;
  return reading?.kind === 'good' ? reading.stamp : { principal: null, source: null };
}

/** What was counted. */
export function metricsOf(context: Context) {
  const { state, now } = context;
  return {
    ...state.counts,
    auditEntries: headOf(state).sequence,
    lastHour: lastHour(context),
    activeSessions: [...state.sessions.values()].filter(({ untilMs }) => untilMs > now()).length,
    keys: state.keys.size,
    providers: state.providers.size,
    blocked: state.blocked.size,
    limitsHit: Object.fromEntries(state.limitsHit),
  };
}

/** Its part of the health report. The head of the audit log stands there to be noted elsewhere. */
export function section(context: Context) {
  const { state, config } = context;
  const hour = lastHour(context);
  const grave = state.events.filter(
    ({ severity, lastAtMs }) => (severity === 'high' || severity === 'critical') && lastAtMs > context.now() - HOUR_MS,
  );
  const isTried = hour.authFailures > config.threats.authFailuresPerHourMax;
  return {
    state: grave.length > 0 ? 'critical' : isTried ? 'warning' : 'healthy',
    issues: [
      ...(isTried ? [`${hour.authFailures} credentials were refused within an hour`] : []),
      ...grave.map(({ type, description }) => `${type}: ${description}`).slice(-10),
    ],
    lastHour: hour,
    blocked: state.blocked.size,
    auditHead: headOf(state),
    limitsHit: Object.fromEntries(state.limitsHit),
  };
}
