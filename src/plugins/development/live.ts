import type { PluginKernel } from '../../contract/plugins.ts';
import type { Held, How } from './shapes.ts';
import type { Context, DevelopmentState } from './state.ts';

/** How something that was held was let go; `late`: by nobody. */
export type Release = How | 'late';

/** What cannot stand in a state: promises. Lost with the load. */
export type Live = {
  readonly held: Map<string, { readonly what: Held; readonly release: (how: Release) => void }>;
  /** Who waits for the end of a task, by its id. */
  readonly waiters: Map<string, (() => void)[]>;
  /** Calls that were held before they were made: no hook holds them again. */
  readonly passed: Set<string>;
  /** The scenario that runs. */
  scenario: string | null;
};

const lives = new WeakMap<DevelopmentState, Live>();

export function liveOf({ state }: Context): Live {
  const known = lives.get(state);
  if (known !== undefined) return known;
  const live: Live = { held: new Map(), waiters: new Map(), passed: new Set(), scenario: null };
  lives.set(state, live);
  return live;
}

/**
 * The loads of this plugin over one kernel, oldest first. A mock agent outlives the load that spawned it: its
 * work must find the load that has its state now.
 */
const loads = new WeakMap<PluginKernel, readonly Context[]>();

export function enter(context: Context): void {
  forgetLast(context);
  loads.set(context.kernel, [...(loads.get(context.kernel) ?? []), context]);
}

export function leave(context: Context): void {
  const rest = (loads.get(context.kernel) ?? []).filter((other) => other !== context);
  loads.set(context.kernel, rest);
}

/** `null`: the plugin is not loaded any more. */
export function loadWithMock(kernel: PluginKernel, agentId: string): Context | null {
  return loads.get(kernel)?.findLast(({ state }) => state.mocks.has(agentId)) ?? null;
}

/** Resolves after that time, or at once when the plugin goes or the signal aborts. */
export function wait(ms: number, { after, signal }: Context, stop?: AbortSignal): Promise<void> {
  const signals = stop === undefined ? [signal] : [signal, stop];
  if (ms <= 0 || signals.some(({ aborted }) => aborted)) return Promise.resolve();
  return new Promise((resolve) => {
    const end = () => {
      cancel();
      for (const one of signals) one.removeEventListener('abort', end);
      resolve();
    };
    const cancel = after(ms, end);
    for (const one of signals) one.addEventListener('abort', end, { once: true });
  });
}

/** What another process left under way: its mock agents, and what it held, ended with it. */
function forgetLast({ state, now }: Context): void {
  state.mocks.clear();
  state.stepping.clear();
  for (const session of state.sessions.values()) {
    const open = session.tasks.filter(({ endedAtMs }) => endedAtMs === null);
    for (const task of open) Object.assign(task, { state: 'error', endedAtMs: now() });
    session.endedAtMs ??= now();
  }
}
