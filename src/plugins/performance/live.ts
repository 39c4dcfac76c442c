import type { Listener } from './shapes.ts';
import type { Context, PerformanceState } from './state.ts';

/** What cannot stand in a state: functions and promises. Lost with the load. */
export type Live = {
  readonly listeners: Map<string, { readonly listener: Listener; failures: number }>;
  /** Who waits for the end of a task, by its id. */
  readonly waiters: Map<string, PromiseWithResolvers<void>>;
  /** The run that is being measured; two at once would measure each other. */
  measuring: { readonly runId: string; readonly stop: AbortController } | null;
};

const lives = new WeakMap<PerformanceState, Live>();

export function liveOf({ state }: Context): Live {
  const known = lives.get(state);
  if (known !== undefined) return known;
  const live: Live = { listeners: new Map(), waiters: new Map(), measuring: null };
  lives.set(state, live);
  return live;
}
