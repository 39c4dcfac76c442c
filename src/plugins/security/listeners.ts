import { BanyanError } from '../../contract/errors.ts';
import { hit } from '../parts/bounded.ts';
import { messageOf } from '../parts/steps.ts';
import type { ComplianceReport, Listener, ThreatEvent } from './shapes.ts';
import { BOUNDS, type Context, type SecurityState } from './state.ts';

type Topic = 'threats' | 'compliance';
type Entry = { readonly to: Topic; readonly listener: Listener; failures: number };

/** Failures in a row after which a listener is dropped. */
const FAILURES_MAX = 5;

/** Functions cannot stand in a state: they are lost with the load. */
const listenersOf = new WeakMap<SecurityState, Map<string, Entry>>();

/** @throws {BanyanError} OVERLOADED at `listenersMax` */
export function subscribe(to: Topic, listener: Listener, { state }: Context): string {
  const listeners = listenersOf.get(state) ?? new Map<string, Entry>();
  listenersOf.set(state, listeners);
  if (listeners.size >= BOUNDS.listenersMax) {
    hit(state.limitsHit, 'listenersMax');
    throw new BanyanError(
      'OVERLOADED',
      `${BOUNDS.listenersMax} listeners are subscribed already; unsubscribe one first`,
    );
  }
  const id = `listener-${++state.serial}`;
  listeners.set(id, { to, listener, failures: 0 });
  return id;
}

export function unsubscribe(id: string, { state }: Context): boolean {
  return listenersOf.get(state)?.delete(id) ?? false;
}

/** Tells all; none of them can hold up another, or the call that is being judged. */
export function tellListeners(to: Topic, news: ThreatEvent | ComplianceReport, context: Context): void {
  for (const [id, entry] of listenersOf.get(context.state) ?? [])
    if (entry.to === to) void tell(id, entry, news, context);
}

async function tell(id: string, entry: Entry, news: ThreatEvent | ComplianceReport, context: Context): Promise<void> {
  try {
    await entry.listener(structuredClone(news));
    entry.failures = 0;
  } catch (error) {
    if (++entry.failures < FAILURES_MAX) return;
    unsubscribe(id, context);
    context.log('warn', 'a listener failed too often and is told no more', { id, error: messageOf(error) });
  }
}
