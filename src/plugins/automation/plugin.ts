import { definePlugin } from '../../contract/plugins.ts';
import { admit, chooseAdmitted } from './admission.ts';
import {
  agentKey,
  beginTrial,
  breakerAt,
  circuitOf,
  forgetBreaker,
  openBreaker,
  recordEnding,
  tryAnew,
  typeKey,
} from './breakers.ts';
import { capabilities } from './capabilities.ts';
import { cleanUp, cleanUpFailed } from './cleanup.ts';
import { automationConfig } from './config.ts';
import { accept } from './events.ts';
import { healthOf } from './health.ts';
import { describePattern, recordError } from './patterns.ts';
import { decide, forgetAgent, notesOf, recover } from './recovery/recover.ts';
import { schedule } from './schedule.ts';
import type { Recovery } from './shapes.ts';
import { automationState, type Context } from './state.ts';
import { reassign, takeTasksFrom } from './tasks.ts';
import { begin } from './tick.ts';

/** Failures that say nothing about the agent: the task never ran there, or was taken away. */
const NOT_THE_AGENT: ReadonlySet<string> = new Set([
  'queue_deadline',
  'dependency_failed',
  'host_died',
  'agent_stopped',
  'interrupted_too_often',
]);

/** Keeps work from where it fails, sees what errors have in common, and repairs what it can. */
export const automation = definePlugin({
  name: 'automation',
  version: '1.0.0',
  says: 'circuit breakers, error patterns, recovery tiers and self-healing',
  after: ['security', 'context'],
  state: automationState,
  config: automationConfig,
  writes: { on_health_check: { sections: 'merge' } },
  // A recovery waits for agents to start and stop.
  budgets: { capabilityMs: 180_000 },
  initialize: begin,
  hooks: {
    allow_task_delegate: admit,
    choose_agent: chooseAdmitted,
    on_task_delegated({ task, agent }, context) {
      beginTrial(agentKey(agent.id), task.id, context);
    },
    on_task_completed({ task }, context) {
      ended(task.type, task.agentId, true, context);
    },
    on_task_failed({ task, error }, context) {
      recordError(error, { agentId: task.agentId, type: task.type }, context);
      if (!NOT_THE_AGENT.has(error.code)) ended(task.type, task.agentId, false, context);
    },
    on_agent_failure({ agent, error }, context) {
      recordError(error, { agentId: agent.id, type: null }, context);
      recordEnding(agentKey(agent.id), false, context);
    },
    on_agent_heartbeat_lost({ agent }, context) {
      notesOf(agent.id, context).lostHeartbeats++;
    },
    on_agent_status_changed({ agent, from, to }, context) {
      if (from === 'starting' && to === 'idle' && agent.restarts > 0) tryAnew(agentKey(agent.id), context);
    },
    on_agent_stopped({ agent }, context) {
      forgetBreaker(agentKey(agent.id), context);
      forgetAgent(agent.id, context);
    },
    on_health_check: (_event, context) => ({ sections: { [context.plugin]: section(context) } }),
  },
  capabilities,
  serve: {
    circuitStatus: (_input, context) =>
      Object.fromEntries([...context.state.breakers.keys()].map((key) => [key, circuitOf(key, context)])),
    resetCircuit: ({ key }, context) => forgetBreaker(key, context),
    errorPatterns: (input, context) =>
      [...context.state.patterns.values()]
        .map((pattern) => describePattern(pattern, context))
        .filter(({ stands }) => stands || input?.standing !== true),
    async recover({ agentId, failure, severity }, context) {
      const failed = await context.kernel.listAgents({ states: ['failed'] });
      const agentIds = agentId === null ? failed.map(({ id }) => id) : [agentId];
      const recoveries: Recovery[] = [];
      for (const id of agentIds) {
        const recovery = await recover(id, { failure, severity, by: 'caller' }, context);
        if (recovery !== null) recoveries.push(recovery);
      }
      return recoveries;
    },
    decideRecovery: ({ id, by, approve }, context) => decide(id, by, approve, context),
    recoveries: (_input, { state }) => state.recoveries,
    async handleAgentFailure({ agentId, error }, context) {
      const agent = await context.kernel.getAgent(agentId);
      if (agent === null || agent.state === 'stopped') return { handled: false, moved: [], stuck: [] };
      recordError(error, { agentId, type: null }, context);
      openBreaker(agentKey(agentId), error.message, context);
      return { handled: true, ...(await takeTasksFrom(agentId, context)) };
    },
    async reassign({ taskIds }, context) {
      const rows = [];
      for (const id of new Set(taskIds)) rows.push([id, await reassign(id, context)] as const);
      return Object.fromEntries(rows);
    },
    cleanupFailed: (_input, context) => cleanUpFailed(context),
    cleanup: (input, context) => cleanUp(input?.olderThanMs ?? 86_400_000, context),
    async agentHealth(input, context) {
      const agents = await context.kernel.listAgents();
      const asked = agents.filter(({ id }) => input?.agentId === undefined || id === input.agentId);
      return asked.map((agent) => healthOf(agent, context));
    },
    emitEvent: (input, context) => acceptedAs(accept(input, context)),
    events: (_input, { state }) => [...state.events, ...state.pastEvents],
    schedule: (input, context) => acceptedAs(schedule(input, context)),
    scheduled: (_input, { state }) => [...state.scheduled.values()],
    cancelScheduled: ({ id }, { state }) => state.scheduled.get(id)?.state === 'waiting' && state.scheduled.delete(id),
  },
});

function ended(type: string, agentId: string | null, ok: boolean, context: Context): void {
  const { scopes } = context.config.breaker;
  if (scopes.includes('type')) recordEnding(typeKey(type), ok, context);
  if (agentId === null) return;
  const key = agentKey(agentId);
  // One that was opened for a reason of its own closes by its trial, whatever the scopes.
  if (scopes.includes('agent') || breakerAt(key, context).kind !== 'closed') recordEnding(key, ok, context);
}

function acceptedAs(id: string | null): { accepted: boolean; id: string | null } {
  return { accepted: id !== null, id };
}

/** Its part of the health report. */
function section({ state }: Context) {
  const kinds = Object.groupBy([...state.breakers.values()], (breaker) => breaker.state.kind);
  return {
    mode: state.mode,
    breakers: { open: kinds.open?.length ?? 0, halfOpen: kinds.half_open?.length ?? 0 },
    patterns: [...state.patterns.values()].filter(({ stands }) => stands).length,
    awaitingApproval: state.recoveries.filter((recovery) => recovery.state === 'awaiting_approval').length,
    eventsWaiting: state.events.length,
    limitsHit: Object.fromEntries(state.limitsHit),
  };
}
