import type { AutomationConfig } from './config.ts';

/** Whether work goes to an agent, or of a type, that keeps failing. */
export type BreakerState =
  | { readonly kind: 'closed'; readonly failuresInARow: number }
  | { readonly kind: 'open'; readonly untilMs: number; readonly why: string }
  /** One trial at a time; its end closes or opens. */
  | { readonly kind: 'half_open'; readonly trial: { readonly taskId: string; readonly sinceMs: number } | null };

/** How one call ended. */
export type Ending = { readonly atMs: number; readonly ok: boolean };

export type Rules = AutomationConfig['breaker'];

export const CLOSED: BreakerState = { kind: 'closed', failuresInARow: 0 };

/** The state at a moment: an open breaker whose time is up is half open. */
export function at(state: BreakerState, nowMs: number, { testMs }: Rules): BreakerState {
  switch (state.kind) {
    case 'closed':
      return state;
    case 'open':
      return nowMs < state.untilMs ? state : { kind: 'half_open', trial: null };
    case 'half_open':
      if (state.trial === null || nowMs - state.trial.sinceMs < testMs) return state;
      return { kind: 'half_open', trial: null };
  }
}

/** Whether work may go there now. */
export function admits(state: BreakerState): boolean {
  return state.kind === 'closed' || (state.kind === 'half_open' && state.trial === null);
}

/** When asking again makes sense; 0: now. */
export function retryAfterMs(state: BreakerState, nowMs: number, { testMs }: Rules): number {
  if (state.kind === 'open') return Math.max(0, state.untilMs - nowMs);
  if (state.kind === 'half_open' && state.trial !== null) return Math.max(0, state.trial.sinceMs + testMs - nowMs);
  return 0;
}

/** `endings`: of the window, this one included. */
export function afterEnding(
  state: BreakerState,
  { ok, atMs }: Ending,
  endings: readonly Ending[],
  rules: Rules,
): BreakerState {
  switch (state.kind) {
    case 'open':
      // Work that was given out before it opened.
      return state;
    case 'half_open':
      return ok ? CLOSED : { kind: 'open', untilMs: atMs + rules.recoveryMs, why: 'the trial failed' };
    case 'closed': {
      if (ok) return CLOSED;
      const failuresInARow = state.failuresInARow + 1;
      const why = whyOpen(failuresInARow, endings, rules);
      return why === null
        ? { kind: 'closed', failuresInARow }
        : { kind: 'open', untilMs: atMs + rules.recoveryMs, why };
    }
  }
}

function whyOpen(failuresInARow: number, endings: readonly Ending[], rules: Rules): string | null {
  if (failuresInARow >= rules.consecutiveFailures) return `${failuresInARow} failures in a row`;
  const failed = endings.filter(({ ok }) => !ok).length;
  if (endings.length < rules.callsMin || failed < endings.length * rules.failureRate) return null;
  return `${failed} of ${endings.length} failed`;
}
