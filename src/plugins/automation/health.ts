import type { Agent, AgentState } from '../../contract/agents.ts';
import { agentKey, breakerAt, circuitOf } from './breakers.ts';
import { recoveriesOf } from './recovery/recover.ts';
import type { AgentHealth, Mode } from './shapes.ts';
import type { Context } from './state.ts';

/** Calls below which the share that succeeds says nothing. */
const CALLS_MIN = 10;

/** Parts of the score: how its calls end, its breaker, its state. */
const WEIGHTS = { calls: 60, breaker: 20, state: 20 } as const;
const BREAKER_SHARE = { closed: 1, half_open: 0.5, open: 0 } as const;
const STATE_SHARE = {
  idle: 1,
  busy: 1,
  starting: 0.5,
  stopping: 0.5,
  stopped: 0,
  failed: 0,
} as const satisfies Record<AgentState, number>;

export function healthOf(agent: Agent, context: Context): AgentHealth {
  const { calls, failures } = circuitOf(agentKey(agent.id), context);
  const successRate = calls < CALLS_MIN ? null : (calls - failures) / calls;
  const breaker = breakerAt(agentKey(agent.id), context).kind;
  const score =
    WEIGHTS.calls * (successRate ?? 1) +
    WEIGHTS.breaker * BREAKER_SHARE[breaker] +
    WEIGHTS.state * STATE_SHARE[agent.state];
  return {
    agentId: agent.id,
    state: agent.state,
    score: Math.round(score),
    successRate,
    breaker,
    lostHeartbeats: context.state.agents.get(agent.id)?.lostHeartbeats ?? 0,
    recoveries: recoveriesOf(agent.id, context),
    lastActivityAtMs: agent.lastActivityAtMs,
  };
}

/** Follows the mean score of the agents, and tells of every change. */
export async function reviewMode(context: Context): Promise<void> {
  const agents = await context.kernel.listAgents();
  const scores = agents.map((agent) => healthOf(agent, context).score);
  const mean = scores.length === 0 ? 100 : scores.reduce((sum, score) => sum + score, 0) / scores.length;
  const from = context.state.mode;
  const to = nextMode(from, mean, context.config.health);
  if (from === to) return;
  context.state.mode = to;
  tell(to, mean, context);
}

const WORSE: readonly Mode[] = ['normal', 'maintenance', 'emergency'];

/** Down at the bound, back only some way above it. */
export function nextMode(from: Mode, score: number, bounds: Context['config']['health']): Mode {
  const { emergencyBelow, maintenanceBelow, backAbove } = bounds;
  const extra = (bound: Mode) => (WORSE.indexOf(from) >= WORSE.indexOf(bound) ? backAbove : 0);
  if (score < emergencyBelow + extra('emergency')) return 'emergency';
  return score < maintenanceBelow + extra('maintenance') ? 'maintenance' : 'normal';
}

function tell(mode: Mode, mean: number, { emit, now, plugin }: Context): void {
  const id = `${plugin}:mode`;
  if (mode === 'normal') {
    emit('on_alert_resolved', { id, atMs: now() });
    return;
  }
  const severity = mode === 'emergency' ? 'critical' : 'warning';
  const message = `the agents do badly (score ${Math.round(mean)} of 100): ${mode}`;
  emit('on_alert_raised', { id, severity, message, atMs: now() });
}
