import type { SpawnRequest } from '../../contract/agents.ts';
import { addBounded, hit } from '../parts/bounded.ts';
import { messageOf } from '../parts/steps.ts';
import { fleetNow } from './metrics.ts';
import { decideScaling } from './scaling.ts';
import type { ScalingDecision } from './shapes.ts';
import { BOUNDS, type Context, type ProductionState } from './state.ts';

/** Kernels whose agents are being added or removed right now: one change at a time. */
const busy = new WeakSet<ProductionState>();

/** Decides, keeps the decision, and carries it out. Resolves when that is done; never rejects for a failing scaler. */
export async function scale(context: Context, apply: boolean): Promise<ScalingDecision> {
  const decision = await decide(context);
  if (decision.action === 'maintain' || !apply) return decision;
  if (busy.has(context.state))
    return settle(context, decision, { kind: 'recommended', why: 'another change is under way' });
  const change = changeOf(context, decision);
  if (change === null) return settle(context, decision, { kind: 'recommended', why: NOBODY });
  busy.add(context.state);
  settle(context, decision, { kind: 'under_way' });
  const came: string[] = [];
  try {
    await change(came);
    return settle(context, decision, { kind: 'done', agentIds: came });
  } catch (error) {
    context.log('warn', 'scaling failed', { decision: decision.id, error: messageOf(error) });
    return settle(context, decision, { kind: 'failed', agentIds: came, message: messageOf(error) });
  } finally {
    busy.delete(context.state);
  }
}

/** Starts agents behind the back of whoever asks: it may take longer than a turn of a plugin should. */
export function scaleInBackground(context: Context): void {
  if (!isScalingEnabled(context)) return;
  scale(context, true).catch((error: unknown) =>
    context.log('error', 'the fleet could not be looked at for scaling', { error: messageOf(error) }),
  );
}

/** Somebody waits for agents: decides now, not at the next sample. Once a second is soon enough. */
export function scaleSoon(context: Context): void {
  const nowMs = context.now();
  if (nowMs - context.state.hurriedAtMs < HURRY_EVERY_MS) return;
  context.state.hurriedAtMs = nowMs;
  scaleInBackground(context);
}

/** Whether decisions are made by themselves. */
export function isScalingEnabled({ state, config }: Context): boolean {
  return state.scalingEnabled ?? config.scaling.enabled;
}

const HURRY_EVERY_MS = 1_000;
const NOBODY = 'nobody was given to do it: set scaling.templates or scaling.scaler';

async function decide(context: Context): Promise<ScalingDecision> {
  const { state, config, now } = context;
  const fleet = await fleetNow(context);
  const last = state.decisions.findLast(({ action }) => action !== 'maintain') ?? null;
  const isStarved = fleet.queued > 0 && state.missing.length > 0;
  const { scaling } = config;
  const wish = decideScaling({ fleet, scaling, isStarved, last, nowMs: now() });
  const coolsUntilMs = wish.action === 'maintain' ? null : now() + scaling.cooldownMs;
  const decision: ScalingDecision = {
    id: `scaling-${++state.serial}`,
    atMs: now(),
    ...wish,
    coolsUntilMs,
    applied: { kind: 'nothing' },
  };
  // Of a quiet time, only the last decision says anything.
  if (wish.action === 'maintain' && state.decisions.at(-1)?.action === 'maintain') state.decisions.pop();
  hit(state.limitsHit, 'decisionsMax', addBounded(state.decisions, decision, BOUNDS.decisionsMax));
  return decision;
}

function settle({ state }: Context, decision: ScalingDecision, applied: ScalingDecision['applied']): ScalingDecision {
  const settled = { ...decision, applied };
  const at = state.decisions.findIndex(({ id }) => id === decision.id);
  if (at !== -1) state.decisions[at] = settled;
  return settled;
}

/** Fills the list with the agents that come or go. */
type Change = (agentIds: string[]) => Promise<void>;

function changeOf(context: Context, { action, count, reason }: ScalingDecision): Change | null {
  const { scaler } = context.config.scaling;
  if (scaler !== undefined) {
    const ask = action === 'scale_down' ? scaler.down : scaler.up;
    return async (agentIds) => void agentIds.push(...(await ask(count, reason)));
  }
  if (action === 'scale_down') return (agentIds) => takeAway(context, count, reason, agentIds);
  const template = templateFor(context);
  return template === null ? null : (agentIds) => spawnMore(context, template, count, agentIds);
}

/** The first that has what waiting tasks lack. */
function templateFor({ config, state }: Context): SpawnRequest | null {
  const { templates } = config.scaling;
  const hasAll = ({ capabilities = [] }: SpawnRequest) => state.missing.every((name) => capabilities.includes(name));
  return templates.find(hasAll) ?? templates[0] ?? null;
}

async function spawnMore({ kernel, state, signal }: Context, template: SpawnRequest, count: number, came: string[]) {
  for (let i = 0; i < count && !signal.aborted; i++) {
    // A template may be used many times, so its id, if it has one, cannot.
    const { id: _id, ...request } = template;
    const agent = await kernel.spawnAgent(request);
    came.push(agent.id);
    hit(state.limitsHit, 'scaledAgentsMax', addBounded(state.scaledAgents, agent.id, BOUNDS.scaledAgentsMax));
  }
  state.missing = [];
}

/** Only agents that scaling brought, and only idle ones; the newest first. */
async function takeAway({ kernel, state, signal }: Context, count: number, reason: string, gone: string[]) {
  for (const agentId of state.scaledAgents.toReversed()) {
    if (gone.length >= count || signal.aborted) return;
    const agent = await kernel.getAgent(agentId);
    if (agent === null || agent.state === 'stopped') forget(state, agentId);
    if (agent?.state !== 'idle') continue;
    await kernel.shutdownAgent(agentId, { reason: `scaled down: ${reason}` });
    forget(state, agentId);
    gone.push(agentId);
  }
  if (gone.length === 0) throw new Error('no agent that scaling brought is idle');
}

function forget({ scaledAgents }: ProductionState, agentId: string): void {
  const at = scaledAgents.indexOf(agentId);
  if (at !== -1) scaledAgents.splice(at, 1);
}
