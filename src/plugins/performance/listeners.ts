import { BanyanError } from '../../contract/errors.ts';
import { hit } from '../parts/bounded.ts';
import { messageOf } from '../parts/steps.ts';
import { liveOf } from './live.ts';
import type { Listener, Summary } from './shapes.ts';
import { BOUNDS, type Context } from './state.ts';

/** Failures in a row after which a listener is dropped. */
const FAILURES_MAX = 5;

/** @throws {BanyanError} OVERLOADED at `listenersMax` */
export function subscribe(listener: Listener, context: Context): string {
  const { listeners } = liveOf(context);
  if (listeners.size >= BOUNDS.listenersMax) {
    hit(context.state.limitsHit, 'listenersMax');
    throw new BanyanError('OVERLOADED', `${BOUNDS.listenersMax} listeners are subscribed already`);
  }
  const id = `listener-${++context.state.serial}`;
  listeners.set(id, { listener, failures: 0 });
  return id;
}

export function unsubscribe(id: string, context: Context): boolean {
  return liveOf(context).listeners.delete(id);
}

/** Tells all; none of them can hold up another, or this plugin. */
export function tellListeners(summary: Summary, context: Context): void {
  for (const id of liveOf(context).listeners.keys()) void tell(id, summary, context);
}

async function tell(id: string, summary: Summary, context: Context): Promise<void> {
  const { listeners } = liveOf(context);
  const entry = listeners.get(id);
  try {
    await entry?.listener(summary);
    if (entry !== undefined) entry.failures = 0;
  } catch (error) {
    if (entry === undefined || ++entry.failures < FAILURES_MAX) return;
    listeners.delete(id);
    context.log('warn', 'a listener failed too often and is told no more', { id, error: messageOf(error) });
  }
}
