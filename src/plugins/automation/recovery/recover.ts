import type { Agent } from '../../../contract/agents.ts';
import { addBounded, getBounded, hit } from '../../parts/bounded.ts';
import { runSteps, type StepResult } from '../../parts/steps.ts';
import type { Recovery } from '../shapes.ts';
import { type AgentNotes, BOUNDS, type Context } from '../state.ts';
import { PLANS, type Plan, tierOf } from './plans.ts';
import { announce, type Facts, STEPS, type StepName, unannounce } from './steps.ts';

export type Asked = { readonly failure: string; readonly severity: number; readonly by: string };

/** Recovers one agent. `null`: there is no such agent. Never rejects for a step that fails. */
export async function recover(agentId: string, asked: Asked, context: Context): Promise<Recovery | null> {
  const agent = await context.kernel.getAgent(agentId);
  if (agent === null || agent.state === 'stopped') return null;
  const recovery = begin(agentId, asked, context);
  if (isExhausted(agentId, context)) return giveUp(recovery, context);
  notesOf(agentId, context).recoveredAtMs.push(context.now());
  const plan: Plan = PLANS[recovery.tier];
  await take(recovery, plan, plan.steps, agent, context);
  if (recovery.state === 'under_way')
    end(recovery, plan.afterApproval.length > 0 ? 'awaiting_approval' : 'recovered', context);
  return recovery;
}

/** A person's word on a recovery that waits for it. `null`: none with that id waits. */
export async function decide(id: string, by: string, approve: boolean, context: Context): Promise<Recovery | null> {
  const recovery = context.state.recoveries.find((one) => one.id === id && one.state === 'awaiting_approval');
  if (recovery === undefined) return null;
  recovery.decidedBy = by;
  if (!approve) return end(recovery, 'rejected', context);
  const agent = await context.kernel.getAgent(recovery.agentId);
  if (agent === null || agent.state === 'stopped') return end(recovery, 'recovered', context);
  recovery.state = 'under_way';
  const plan: Plan = PLANS[recovery.tier];
  await take(recovery, plan, plan.afterApproval, agent, context);
  return recovery.state === 'under_way' ? end(recovery, 'recovered', context) : recovery;
}

/** Recoveries whose steps ended with another process. Healing begins anew where it is still needed. */
export function endLost(context: Context): void {
  for (const recovery of context.state.recoveries) {
    if (recovery.state === 'under_way') end(recovery, 'failed', context);
  }
}

/** It is gone: nobody needs to be called for it any more. */
export function forgetAgent(agentId: string, context: Context): void {
  context.state.agents.delete(agentId);
  unannounce(agentId, context);
}

export function notesOf(agentId: string, { state }: Context): AgentNotes {
  const make = () => ({ lostHeartbeats: 0, recoveredAtMs: [] });
  return getBounded(state.agents, agentId, make, BOUNDS.agentsMax, (gone) => hit(state.limitsHit, 'agentsMax', gone));
}

/** How often it was recovered lately. */
export function recoveriesOf(agentId: string, { state, now, config }: Context): number {
  const sinceMs = now() - config.healing.attemptsWindowMs;
  return state.agents.get(agentId)?.recoveredAtMs.filter((atMs) => atMs > sinceMs).length ?? 0;
}

async function take(recovery: Recovery, plan: Plan, names: readonly StepName[], agent: Agent, context: Context) {
  const facts: Facts = { agentId: recovery.agentId, failure: recovery.failure, agent, standIn: null };
  const results = await steps(names, facts, context);
  recovery.steps.push(...results);
  const failed = results.some(({ state, step }) => state === 'failed' && STEPS[step as StepName](context).needed);
  if (!failed) return;
  if (plan.fallback.length > 0) recovery.steps.push(...(await steps(plan.fallback, facts, context)));
  end(recovery, 'failed', context);
}

function steps(names: readonly StepName[], facts: Facts, context: Context): Promise<readonly StepResult[]> {
  const timing = { now: context.now, timeoutMs: context.config.recoveryMsMax };
  return runSteps(
    names.map((name) => STEPS[name](context)),
    facts,
    timing,
  );
}

function begin(agentId: string, { failure, severity, by }: Asked, { state, now }: Context): Recovery {
  const recovery: Recovery = {
    id: `recovery-${++state.serial}`,
    agentId,
    failure,
    severity,
    tier: tierOf(severity),
    state: 'under_way',
    by,
    decidedBy: null,
    startedAtMs: now(),
    endedAtMs: null,
    steps: [],
  };
  hit(state.limitsHit, 'recoveriesMax', addBounded(state.recoveries, recovery, BOUNDS.recoveriesMax));
  return recovery;
}

function isExhausted(agentId: string, context: Context): boolean {
  return recoveriesOf(agentId, context) >= context.config.healing.attemptsMax;
}

function giveUp(recovery: Recovery, context: Context): Recovery {
  const { agentId, failure } = recovery;
  hit(context.state.limitsHit, 'attemptsMax');
  announce(agentId, `agent ${agentId} was recovered too often and needs somebody: ${failure}`, 'critical', context);
  return end(recovery, 'gave_up', context);
}

function end(recovery: Recovery, how: Recovery['state'], { now }: Context): Recovery {
  recovery.state = how;
  recovery.endedAtMs = how === 'awaiting_approval' ? null : now();
  return recovery;
}
