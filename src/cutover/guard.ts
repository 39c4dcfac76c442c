/** What the guard watches at V2 as primary: consecutive failures. */
export type GuardState = { readonly consecutiveFailures: number };

/** What the guard concludes. */
export type Finding = { readonly kind: 'none' } | { readonly kind: 'roll_back'; readonly reason: string };

/** So many failures in a row, with no success between them, take the type back to legacy. */
export const CONSECUTIVE_FAILURES_MAX = 5;

export const GUARD_START: GuardState = { consecutiveFailures: 0 };

/**
 * One more outcome of V2 as primary. Pure. This is the first, simple guard: it sees a V2 that is broken, not
 * one that is a little worse.
 */
export function watch(state: GuardState, v2Failed: boolean): { readonly state: GuardState; readonly finding: Finding } {
  if (!v2Failed) return { state: GUARD_START, finding: { kind: 'none' } };
  const consecutiveFailures = state.consecutiveFailures + 1;
  if (consecutiveFailures < CONSECUTIVE_FAILURES_MAX)
    return { state: { consecutiveFailures }, finding: { kind: 'none' } };
  return {
    state: GUARD_START,
    finding: { kind: 'roll_back', reason: `${consecutiveFailures} consecutive failures of V2` },
  };
}
