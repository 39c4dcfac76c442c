import type { Agent } from '../../../contract/agents.ts';
import { canStandIn, isLive, requestLike, whyNotRepeatable } from '../../parts/replacement.ts';
import type { Step } from '../../parts/steps.ts';
import { agentKey, openBreaker } from '../breakers.ts';
import type { Context } from '../state.ts';
import { takeTasksFrom } from '../tasks.ts';

/** What the steps of one recovery share. */
export type Facts = {
  readonly agentId: string;
  readonly failure: string;
  /** As it was at the start. */
  readonly agent: Agent;
  standIn: Agent | null;
};

type MakeStep = (context: Context) => Step<Facts>;

/** Everything that a recovery may do. Each exists; none is a name without a deed. */
export const STEPS = {
  isolate: (context) => ({
    name: 'isolate',
    says: 'open its breaker, so that no new work goes to it',
    needed: true,
    run: async ({ agentId, failure }) => {
      openBreaker(agentKey(agentId), failure, context);
      return `for ${context.config.breaker.recoveryMs} ms`;
    },
  }),
  reassign: (context) => ({
    name: 'reassign',
    says: 'give its tasks to other agents',
    needed: false,
    run: async ({ agentId }) => {
      const { moved, stuck } = await takeTasksFrom(agentId, context);
      if (stuck.length > 0) throw new Error(`nobody else may run ${stuck.join(', ')}`);
      return `${moved.length} tasks`;
    },
  }),
  stand_in: (context) => ({
    name: 'stand_in',
    says: 'see that another agent can do the same, or spawn one like it',
    needed: true,
    run: (facts) => standIn(context, facts),
  }),
  retire: (context) => ({
    name: 'retire',
    says: 'shut it down at once; what it runs is driven again elsewhere',
    needed: true,
    run: async ({ agentId, failure }) => {
      const agent = await context.kernel.shutdownAgent(agentId, {
        graceful: false,
        unfinished: 'redrive',
        reason: failure,
      });
      return `it is ${agent.state}`;
    },
  }),
  verify_empty: (context) => ({
    name: 'verify_empty',
    says: 'see that no task is left with it',
    needed: true,
    run: async ({ agentId }) => {
      const left = await context.kernel.listTasks({ agentId, states: ['running'] });
      if (left.length > 0) throw new Error(`${left.length} tasks are left`);
      return 'none is left';
    },
  }),
  verify_replaced: (context) => ({
    name: 'verify_replaced',
    says: 'see that it is gone and its stand-in works',
    needed: true,
    run: (facts) => verifyReplaced(context, facts),
  }),
  announce: (context) => ({
    name: 'announce',
    says: 'call people',
    needed: false,
    run: async ({ agentId, failure }) => {
      announce(agentId, `agent ${agentId} needs somebody: ${failure}`, 'critical', context);
      return 'an alert was raised';
    },
  }),
} as const satisfies Readonly<Record<string, MakeStep>>;

export type StepName = keyof typeof STEPS;

export function announce(agentId: string, message: string, severity: 'warning' | 'critical', context: Context): void {
  context.emit('on_alert_raised', { id: alertId(agentId, context), severity, message, atMs: context.now() });
}

/** Nobody needs to look after it any more. */
export function unannounce(agentId: string, context: Context): void {
  context.emit('on_alert_resolved', { id: alertId(agentId, context), atMs: context.now() });
}

function alertId(agentId: string, { plugin }: Context): string {
  return `${plugin}:recovery:${agentId}`;
}

async function standIn({ kernel }: Context, facts: Facts): Promise<string> {
  const others = (await kernel.listAgents()).filter(isLive);
  facts.standIn = others.find((other) => canStandIn(other, facts.agent)) ?? null;
  const why = whyNotRepeatable(facts.agent);
  if (why === null) {
    facts.standIn = await kernel.spawnAgent(requestLike(facts.agent));
    return `${facts.standIn.id}, spawned for it`;
  }
  if (facts.standIn === null)
    throw new Error(`no other agent can do the same, and none like it can be spawned: ${why}`);
  return `${facts.standIn.id}, which can do the same (none like it can be spawned: ${why})`;
}

async function verifyReplaced({ kernel }: Context, { agentId, standIn }: Facts): Promise<string> {
  const gone = await kernel.getAgent(agentId);
  if (gone !== null && gone.state !== 'stopped') throw new Error(`it is still ${gone.state}`);
  const agent = standIn === null ? null : await kernel.getAgent(standIn.id);
  if (agent === null || !isLive(agent)) throw new Error('the stand-in does not work');
  return `${agent.id} is ${agent.state}`;
}
