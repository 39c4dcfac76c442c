import type { Veto } from '../../contract/hooks.ts';
import { definePlugin } from '../../contract/plugins.ts';
import { capabilities } from './capabilities.ts';
import { CALL_HOLD_MS_MAX, developmentConfig } from './config.ts';
import { delegate, spawn } from './debugged.ts';
import {
  ABORTED,
  forgetSteps,
  isDebugging,
  type Passing,
  pass,
  release,
  releaseAll,
  setBreakpoint,
  setDebug,
} from './debugger.ts';
import { activeFailures, refusalOf, simulateFailure } from './failures.ts';
import { enter, leave, liveOf, type Release } from './live.ts';
import { mockAgent } from './mocks.ts';
import { artifactIn, sandboxMoved, sandboxStatusOf, startSandbox } from './sandbox.ts';
import { settleWaiters } from './scenario-steps.ts';
import { addScenario, runScenario, scenariosOf } from './scenarios.ts';
import { callService, mockService, servicesOf } from './services.ts';
import { type Context, developmentState } from './state.ts';
import { look } from './traces.ts';

const HELD_MS = CALL_HOLD_MS_MAX + 40;

/** For building and trying: debugging, mock agents and services, scenarios, a sandbox, traces. */
export const development = definePlugin({
  name: 'development',
  version: '1.0.0',
  says: 'debugging with breakpoints, mock agents, scenarios, a sandbox and traces',
  // What is held at a breakpoint is what the others made of it.
  order: 'post',
  state: developmentState,
  config: developmentConfig,
  writes: {
    before_agent_spawn: { rehearsal: { priority: 100 } },
    before_task_delegate: { rehearsal: { priority: 100 }, runMs: 'max' },
    on_health_check: { sections: 'merge' },
  },
  budgets: {
    // A call that is held, and what is left for letting it go. What a call may really cost, the operation's budget says.
    callMs: { allow_agent_spawn: HELD_MS, allow_task_delegate: HELD_MS, allow_task_complete: HELD_MS },
    // A scenario may be held at each of its steps.
    capabilityMs: 3_600_000,
  },
  initialize: enter,
  dispose(context) {
    releaseAll(context);
    leave(context);
  },
  hooks: {
    before_agent_spawn: (_event, { config }) => (config.rehearse ? { rehearsal: true } : undefined),
    allow_agent_spawn({ agentId, role }, context) {
      const refused = refusalOf(['spawn', `role:${role}`], context);
      if (refused !== null) return { veto: refused };
      return gate(agentId, { place: 'spawn', taskId: null, agentId, type: null, role }, context);
    },
    before_task_delegate({ runMs }, context) {
      const { rehearse, debugRunFactor } = context.config;
      const longer = isDebugging(context) && runMs !== 'never';
      if (!rehearse && !longer) return undefined;
      return { ...(rehearse ? { rehearsal: true } : {}), ...(longer ? { runMs: runMs * debugRunFactor } : {}) };
    },
    allow_task_delegate({ taskId, type, agentId, role }, context) {
      const refused = refusalOf(['delegate', `task:${type}`], context);
      if (refused !== null) return { veto: refused };
      return gate(taskId, { place: 'delegate', taskId, agentId, type, role }, context);
    },
    allow_task_complete({ task }, context) {
      const { id: taskId, agentId, type, role } = task;
      return hold({ place: 'complete', taskId, agentId, type, role }, context);
    },
    on_agent_spawned: (event, context) => look('on_agent_spawned', event, context),
    on_agent_stopped(event, context) {
      look('on_agent_stopped', event, context);
      context.state.mocks.delete(event.agent.id);
    },
    on_agent_failure: (event, context) => look('on_agent_failure', event, context),
    on_task_queued: (event, context) => look('on_task_queued', event, context),
    on_no_agent_available: (event, context) => look('on_no_agent_available', event, context),
    on_task_delegated(event, context) {
      look('on_task_delegated', event, context);
      sandboxMoved(event.task.id, { state: 'running', startedAtMs: context.now() }, context);
    },
    on_task_reassigned: (event, context) => look('on_task_reassigned', event, context),
    on_task_completed(event, context) {
      look('on_task_completed', event, context);
      sandboxMoved(
        event.task.id,
        { state: 'completed', endedAtMs: context.now(), artifact: artifactIn(event) },
        context,
      );
      taskOver(event.task.id, context);
    },
    on_task_failed(event, context) {
      look('on_task_failed', event, context);
      if (event.willRetry) return;
      sandboxMoved(event.task.id, { state: 'error', endedAtMs: context.now() }, context);
      taskOver(event.task.id, context);
    },
    on_task_cancelled(event, context) {
      look('on_task_cancelled', event, context);
      sandboxMoved(event.task.id, { state: 'error', endedAtMs: context.now() }, context);
      taskOver(event.task.id, context);
    },
    on_message_sent: (event, context) => look('on_message_sent', event, context),
    on_alert_raised: (event, context) => look('on_alert_raised', event, context),
    on_health_check: (_event, context) => ({ sections: { [context.plugin]: section(context) } }),
  },
  capabilities,
  serve: {
    setDebug: ({ enabled }, context) => setDebug(enabled, context),
    setBreakpoint,
    clearBreakpoint: ({ id }, { state }) => state.breakpoints.delete(id),
    breakpoints: (_input, { state }) => [...state.breakpoints.values()],
    held: (_input, context) => [...liveOf(context).held.values()].map(({ what }) => what),
    release: ({ id, how }, context) => release(id, how, context),
    delegate: ({ request }, context) => delegate(request, context),
    spawn: ({ request }, context) => spawn(request, context),
    findings: (_input, { state }) => state.findings,
    mockAgent: async (input, context) => ({ id: (await mockAgent(input, context)).id }),
    mockAgents: (_input, { state }) =>
      [...state.mocks].map(([id, { role, behavior, runs, failures }]) => ({ id, role, behavior, runs, failures })),
    mockService: ({ name, ...service }, context) => mockService(name, service, context),
    callService: ({ name, operation, input }, context) => callService(name, operation, input, context),
    services: (_input, context) => servicesOf(context),
    simulateFailure,
    endFailure: ({ id }, { state }) => state.failures.delete(id),
    failures: (_input, context) => [...activeFailures(context)],
    addScenario,
    scenarios: (_input, context) => scenariosOf(context),
    runScenario: ({ id }, context) => runScenario(id, context),
    scenarioResults: (_input, { state }) => state.results,
    startSandbox,
    sandboxStatus: ({ sessionId }, context) => sandboxStatusOf(sessionId, context),
    traces({ limit, ...wanted }, { state }) {
      const fits = state.traces.filter((entry) =>
        (['event', 'taskId', 'agentId', 'scenario'] as const).every(
          (key) => wanted[key] === undefined || entry[key] === wanted[key],
        ),
      );
      return limit === 0 ? fits : fits.slice(-limit);
    },
  },
});

/** As `hold`, for calls that may have been held before they were made. */
function gate(id: string, passing: Passing, context: Context): Promise<Veto | undefined> | undefined {
  return liveOf(context).passed.has(id) ? undefined : hold(passing, context);
}

/** Nothing, at once, for a call that is not held. */
function hold(passing: Passing, context: Context): Promise<Veto | undefined> | undefined {
  return pass(passing, context.config.callHoldMs, context)?.then(vetoOf);
}

function vetoOf(how: Release): Veto | undefined {
  return how === 'abort' ? { veto: ABORTED } : undefined;
}

function taskOver(taskId: string, context: Context): void {
  forgetSteps(taskId, context);
  settleWaiters(taskId, context);
}

/** Its part of the health report. */
function section(context: Context) {
  const { state } = context;
  return {
    debug: isDebugging(context),
    held: liveOf(context).held.size,
    breakpoints: state.breakpoints.size,
    findings: state.findings.length,
    mockAgents: [...state.mocks.keys()],
    services: servicesOf(context).map(({ name }) => name),
    failures: activeFailures(context).map(({ component, failure }) => `${failure} of ${component}`),
    scenario: liveOf(context).scenario,
    sandboxSessions: state.sessions.size,
    traced: state.traced,
    limitsHit: Object.fromEntries(state.limitsHit),
  };
}
