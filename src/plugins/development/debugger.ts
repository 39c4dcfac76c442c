import { BanyanError } from '../../contract/errors.ts';
import { addBounded, hit } from '../parts/bounded.ts';
import { liveOf, type Release } from './live.ts';
import type { Breakpoint, Finding, Held, How } from './shapes.ts';
import { BOUNDS, type Context } from './state.ts';
import { trace } from './traces.ts';

export const ABORTED = 'it was aborted in the debugger';

/** What comes by a place where it may be held. */
export type Passing = Pick<Held, 'place' | 'taskId' | 'agentId' | 'type' | 'role'>;

export function isDebugging({ state, config }: Context): boolean {
  return state.debug ?? config.debug;
}

/** Off lets go of all that is held. */
export function setDebug(enabled: boolean, context: Context): void {
  context.state.debug = enabled;
  if (!enabled) releaseAll(context);
}

/**
 * Holds what comes by where a breakpoint or the last step says so, until somebody lets it go or its time is
 * up. Gives `null`, not a promise, for what is not held.
 */
export function pass(passing: Passing, limitMs: number, context: Context): Promise<Release> | null {
  if (!isDebugging(context)) return null;
  const { state } = context;
  const stepped = stepsOf(passing).filter((key) => state.stepping.delete(key)).length > 0;
  const breakpoint = [...state.breakpoints.values()].find((one) => fits(one, passing)) ?? null;
  if (breakpoint === null && !stepped) return null;
  if (breakpoint !== null) hitBreakpoint(breakpoint, context);
  if (liveOf(context).held.size < BOUNDS.heldMax) return hold(passing, breakpoint?.id ?? null, limitMs, context);
  hit(state.limitsHit, 'heldMax');
  find('too_many_held', passing, `${BOUNDS.heldMax} are held already; it went on`, context);
  return null;
}

export function setBreakpoint(input: Omit<Breakpoint, 'id' | 'hits'>, { state }: Context): Breakpoint {
  if (state.breakpoints.size >= BOUNDS.breakpointsMax) {
    hit(state.limitsHit, 'breakpointsMax');
    throw new BanyanError('OVERLOADED', `${BOUNDS.breakpointsMax} breakpoints are set already; clear one first`);
  }
  const breakpoint: Breakpoint = { ...input, id: `breakpoint-${++state.serial}`, hits: 0 };
  state.breakpoints.set(breakpoint.id, breakpoint);
  return breakpoint;
}

/** `false`: it is not held, or no longer. */
export function release(id: string, how: How, context: Context): boolean {
  const found = liveOf(context).held.get(id);
  if (found === undefined) return false;
  // Only one of them comes by next: the task, where there is one.
  const [key] = stepsOf(found.what);
  if (how === 'step' && key !== undefined) holdNext(key, context);
  found.release(how);
  return true;
}

/** The oldest goes: of what stepped furthest back, nothing may ever come by again. */
function holdNext(key: string, { state }: Context): void {
  state.stepping.add(key);
  const [oldest] = state.stepping;
  if (state.stepping.size <= BOUNDS.heldMax || oldest === undefined) return;
  state.stepping.delete(oldest);
  hit(state.limitsHit, 'heldMax');
}

/** It comes by no more. */
export function forgetSteps(taskId: string, { state }: Context): void {
  state.stepping.delete(`task:${taskId}`);
}

export function releaseAll(context: Context): void {
  context.state.stepping.clear();
  for (const { release } of [...liveOf(context).held.values()]) release('resume');
}

function hold(passing: Passing, breakpointId: string | null, limitMs: number, context: Context): Promise<Release> {
  const { state, now, after } = context;
  const { held } = liveOf(context);
  const what: Held = {
    ...passing,
    id: `held-${++state.serial}`,
    breakpointId,
    sinceMs: now(),
    untilMs: now() + limitMs,
  };
  const { promise, resolve } = Promise.withResolvers<Release>();
  const cancel = after(limitMs, () => {
    find('held_too_long', passing, `it was held for ${limitMs} ms and went on`, context);
    end('late');
  });
  const end = (how: Release) => {
    cancel();
    held.delete(what.id);
    trace('debug_released', { ...passing, facts: { place: passing.place, how } }, context);
    resolve(how);
  };
  held.set(what.id, { what, release: end });
  trace('debug_held', { ...passing, facts: { place: passing.place, breakpointId } }, context);
  return promise;
}

function hitBreakpoint(breakpoint: Breakpoint, { state }: Context): void {
  breakpoint.hits++;
  if (breakpoint.once) state.breakpoints.delete(breakpoint.id);
}

function fits({ place, where }: Breakpoint, passing: Passing): boolean {
  if (place !== passing.place) return false;
  return (['type', 'taskId', 'agentId', 'role'] as const).every(
    (key) => where[key] === undefined || where[key] === passing[key],
  );
}

/** What a step follows: the task or scenario, else the agent. */
function stepsOf({ place, taskId, agentId, type }: Passing): readonly string[] {
  if (place === 'scenario_step') return [`scenario:${type}`];
  return [taskId === null ? null : `task:${taskId}`, agentId === null ? null : `agent:${agentId}`].filter(
    (key) => key !== null,
  );
}

function find(kind: Finding['kind'], passing: Passing, message: string, { state, now, log }: Context): void {
  const { place, taskId, agentId } = passing;
  const finding = { kind, place, taskId, agentId, message, atMs: now() };
  hit(state.limitsHit, 'findingsMax', addBounded(state.findings, finding, BOUNDS.findingsMax));
  log('warn', `debugging: ${message}`, { place, taskId, agentId });
}
