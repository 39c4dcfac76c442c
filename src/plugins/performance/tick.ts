import { sweepWaiters } from './benchmarks/bench.ts';
import { tellListeners } from './listeners.ts';
import { liveOf } from './live.ts';
import { lookLive } from './live-watch.ts';
import { isSampleDue, sampleMonitors } from './monitor.ts';
import { endLost } from './runs.ts';
import { closeRunning } from './series.ts';
import type { Context } from './state.ts';
import { summarize, vitalsOf } from './summary.ts';

export function begin(context: Context): void {
  const { state, config, repeat, now } = context;
  endLost(context);
  state.startedAtMs ??= now();
  state.sampledAtMs = now();
  repeat(config.tickMs, () => tick(context));
}

async function tick(context: Context): Promise<void> {
  const { state, config, now } = context;
  if (isSampleDue(context)) sampleMonitors(vitalsOf(context), context);
  if (now() - state.sampledAtMs < config.sampleEveryMs) return;
  state.sampledAtMs = now();
  await countQueued(context);
  lookLive(closeRunning(context), context);
  if (liveOf(context).listeners.size > 0) tellListeners(summarize(context), context);
  await sweepWaiters(context);
}

async function countQueued({ kernel, state, config }: Context): Promise<void> {
  const limit = config.limits.queuedMax * 10;
  state.queued = (await kernel.listTasks({ states: ['queued'], limit })).length;
}

/** Nobody is left to tell how their tasks end. */
export function end(context: Context): void {
  const { waiters } = liveOf(context);
  for (const waiter of waiters.values()) waiter.reject(new Error('the plugin goes'));
  waiters.clear();
}
