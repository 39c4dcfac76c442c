import type { HealthState } from '../../contract/health.ts';
import { addBounded, hit } from '../parts/bounded.ts';
import { BOUNDS, type Context } from './state.ts';

/** The kernel is up as long as it is not `unhealthy`: degraded is slower, not down. */
export function healthMoved(to: HealthState, { state, now }: Context): void {
  const isDown = to === 'unhealthy';
  if (isDown) {
    state.downSinceMs ??= now();
    return;
  }
  if (state.downSinceMs === null) return;
  const downtime = { fromMs: state.downSinceMs, toMs: now() };
  state.downSinceMs = null;
  hit(state.limitsHit, 'downtimesMax', addBounded(state.downtimes, downtime, BOUNDS.downtimesMax));
}

/** How long it was down in the SLA window. */
export function downtimeMs({ state, now, config }: Context): number {
  const nowMs = now();
  const sinceMs = nowMs - config.sla.windowMs;
  const open = state.downSinceMs === null ? [] : [{ fromMs: state.downSinceMs, toMs: nowMs }];
  return [...state.downtimes, ...open].reduce(
    (sum, { fromMs, toMs }) => sum + Math.max(0, toMs - Math.max(fromMs, sinceMs)),
    0,
  );
}
