import { addBounded, hit } from '../parts/bounded.ts';
import { admits, afterEnding, at, type BreakerState, CLOSED, type Ending } from './breaker.ts';
import type { Circuit } from './shapes.ts';
import { BOUNDS, type Breaker, type Context } from './state.ts';

const AGENT = 'agent:';
export const agentKey = (agentId: string): string => `${AGENT}${agentId}`;
export const typeKey = (type: string): string => `type:${type}`;

/** The state now, of a breaker that exists or of one that never had to. */
export function breakerAt(key: string, { state, now, config }: Context): BreakerState {
  const breaker = state.breakers.get(key);
  return breaker === undefined ? CLOSED : at(breaker.state, now(), config.breaker);
}

/** Whether any breaker keeps work away: the fast way out of every hook. */
export function anyOpen({ state }: Context): boolean {
  for (const { state: breaker } of state.breakers.values()) if (breaker.kind !== 'closed') return true;
  return false;
}

export function isAdmitted(key: string, context: Context): boolean {
  return admits(breakerAt(key, context));
}

/** This task is the trial of a half-open breaker. */
export function beginTrial(key: string, taskId: string, context: Context): void {
  const state = breakerAt(key, context);
  const breaker = context.state.breakers.get(key);
  if (breaker === undefined || state.kind !== 'half_open' || state.trial !== null) return;
  breaker.state = { kind: 'half_open', trial: { taskId, sinceMs: context.now() } };
}

/** One call of it ended. `true` when that opened it. */
export function recordEnding(key: string, ok: boolean, context: Context): boolean {
  const breaker = breakerOf(key, ok, context);
  if (breaker === null) return false;
  const ending: Ending = { atMs: context.now(), ok };
  addBounded(breaker.endings, ending, BOUNDS.endingsMax);
  const before = breakerAt(key, context);
  move(key, breaker, afterEnding(before, ending, inWindow(breaker, context), context.config.breaker), context);
  return before.kind !== 'open' && breaker.state.kind === 'open';
}

/** Opens it for a reason of its own. */
export function openBreaker(key: string, why: string, context: Context): void {
  const breaker = breakerOf(key, false, context);
  const untilMs = context.now() + context.config.breaker.recoveryMs;
  if (breaker !== null) move(key, breaker, { kind: 'open', untilMs, why }, context);
}

/** What failed was started anew: it may be tried at once. */
export function tryAnew(key: string, context: Context): void {
  const breaker = context.state.breakers.get(key);
  if (breaker?.state.kind === 'open') move(key, breaker, { kind: 'half_open', trial: null }, context);
}

/** `false`: there is none. */
export function forgetBreaker(key: string, context: Context): boolean {
  const breaker = context.state.breakers.get(key);
  if (breaker === undefined) return false;
  move(key, breaker, CLOSED, context);
  return context.state.breakers.delete(key);
}

export function circuitOf(key: string, context: Context): Circuit {
  const breaker = context.state.breakers.get(key);
  const endings = breaker === undefined ? [] : inWindow(breaker, context);
  return {
    key,
    state: breakerAt(key, context),
    calls: endings.length,
    failures: endings.filter(({ ok }) => !ok).length,
    opened: breaker?.opened ?? 0,
  };
}

/** What never failed needs none. */
function breakerOf(key: string, ok: boolean, context: Context): Breaker | null {
  const { breakers, limitsHit } = context.state;
  const known = breakers.get(key);
  if (ok && known === undefined) return null;
  const breaker = known ?? { state: CLOSED, endings: [], opened: 0 };
  breakers.delete(key);
  breakers.set(key, breaker);
  const [oldest] = breakers.keys();
  if (breakers.size > BOUNDS.breakersMax && oldest !== undefined) {
    forgetBreaker(oldest, context);
    hit(limitsHit, 'breakersMax');
  }
  return breaker;
}

function inWindow({ endings }: Breaker, { now, config }: Context): readonly Ending[] {
  const sinceMs = now() - config.breaker.windowMs;
  return endings.filter(({ atMs }) => atMs > sinceMs);
}

/** What died with the last process: the kernel knows nothing of the breakers that it left. */
export function holdOffAgain(context: Context): void {
  for (const key of context.state.breakers.keys()) tellKernel(key, breakerAt(key, context), context);
}

/** The kernel keeps work from an agent, tasks that were queued before as well, and lets one through as a trial. */
function tellKernel(key: string, state: BreakerState, { config, holdOff, now, release }: Context): void {
  if (!key.startsWith(AGENT)) return;
  const agentId = key.slice(AGENT.length);
  const { testMs } = config.breaker;
  if (state.kind === 'closed') release(agentId);
  else if (state.kind === 'open') holdOff(agentId, state.untilMs, testMs);
  else holdOff(agentId, state.trial === null ? now() : state.trial.sinceMs + testMs, testMs);
}

/** An alert stands as long as it is not closed. */
function move(key: string, breaker: Breaker, to: BreakerState, context: Context): void {
  const { emit, now, plugin } = context;
  const from = breaker.state;
  breaker.state = to;
  if (to !== from && (to.kind !== 'closed' || from.kind !== 'closed')) tellKernel(key, to, context);
  const id = `${plugin}:breaker:${key}`;
  if (to.kind === 'open' && (from.kind !== 'open' || from.untilMs !== to.untilMs)) breaker.opened++;
  if (from.kind === 'closed' && to.kind === 'open') {
    emit('on_alert_raised', { id, severity: 'warning', message: `no work goes to ${key}: ${to.why}`, atMs: now() });
  }
  if (from.kind !== 'closed' && to.kind === 'closed') emit('on_alert_resolved', { id, atMs: now() });
}
