import type { Context } from './state.ts';

/** Shuts down agents that have failed for good. Gives their ids. */
export async function cleanUpFailed({ kernel }: Context): Promise<string[]> {
  const failed = (await kernel.listAgents({ states: ['failed'] })).map(({ id }) => id);
  for (const id of failed) await kernel.shutdownAgent(id, { graceful: false, reason: 'it had failed' });
  return failed;
}

/** Forgets what this plugin remembers of long ago. The kernel bounds its own records. Gives how many went. */
export function cleanUp(olderThanMs: number, { state, now }: Context): number {
  const sinceMs = now() - olderThanMs;
  let gone = 0;
  for (const [id, { seenAtMs, stands }] of state.patterns) {
    if (!stands && (seenAtMs.at(-1) ?? 0) < sinceMs && state.patterns.delete(id)) gone++;
  }
  for (const [id, { atMs, state: is }] of state.scheduled) {
    if (is !== 'waiting' && atMs < sinceMs && state.scheduled.delete(id)) gone++;
  }
  gone += keep(state.pastEvents, ({ atMs }) => atMs >= sinceMs);
  return gone + keep(state.recoveries, ({ endedAtMs }) => endedAtMs === null || endedAtMs >= sinceMs);
}

function keep<T>(list: T[], wanted: (item: T) => boolean): number {
  const kept = list.filter(wanted);
  const gone = list.length - kept.length;
  list.splice(0, list.length, ...kept);
  return gone;
}
