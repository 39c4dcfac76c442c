/** Failures in a row after which an instance is left alone. */
export const FAILURES_MAX = 5;
const OUT_FIRST_MS = 30_000;
const OUT_MAX_MS = 300_000;
/** Of the instances of a side; but one may always be left alone where there is another. */
const OUT_SHARE_MAX = 0.1;

/**
 * Whether an instance gets calls:
 *
 *   in ── five failures in a row ──► out ── its time is over, and a call comes ──► trial ── answered ──► in
 *                                     ▲──────────── failed: out for twice as long ───┘
 */
export type Standing =
  | {
      readonly state: 'in';
      readonly failuresInARow: number;
      readonly sinceMs: number;
      /** How long it had been out before. */
      readonly wasOutMs: number;
    }
  | { readonly state: 'out'; readonly untilMs: number; readonly outMs: number }
  | { readonly state: 'trial'; readonly outMs: number };

export const AT_FIRST: Standing = { state: 'in', failuresInARow: 0, sinceMs: Number.NEGATIVE_INFINITY, wasOutMs: 0 };

/** What a call says of its instance; `nothing` when it did not come to that, or ended for a reason of ours. */
export type Verdict = 'answered' | 'failed' | 'nothing';

export type JudgedCall = {
  readonly verdict: Verdict;
  readonly begunAtMs: number;
  /** Whether it was the one call of a trial. */
  readonly trial: boolean;
};

/** How an instance stands after a call. @param mayEject whether one more instance may be left alone */
export function standingAfter(standing: Standing, call: JudgedCall, nowMs: number, mayEject: boolean): Standing {
  switch (standing.state) {
    case 'in':
      // A call from before the instance was left alone says nothing of how it is now.
      return call.begunAtMs < standing.sinceMs ? standing : afterCall(standing, call.verdict, nowMs, mayEject);
    case 'out':
      return standing;
    case 'trial':
      return call.trial ? afterTrial(standing, call.verdict, nowMs) : standing;
  }
}

function afterCall(
  standing: Extract<Standing, { state: 'in' }>,
  verdict: Verdict,
  nowMs: number,
  mayEject: boolean,
): Standing {
  if (verdict === 'nothing') return standing;
  const failuresInARow = verdict === 'failed' ? standing.failuresInARow + 1 : 0;
  if (failuresInARow < FAILURES_MAX || !mayEject) {
    return failuresInARow === standing.failuresInARow ? standing : { ...standing, failuresInARow };
  }
  // One that held for longer than it had been out begins anew.
  const isRelapse = standing.wasOutMs > 0 && nowMs - standing.sinceMs <= standing.wasOutMs;
  return outFor(isRelapse ? standing.wasOutMs * 2 : OUT_FIRST_MS, nowMs);
}

function afterTrial({ outMs }: Extract<Standing, { state: 'trial' }>, verdict: Verdict, nowMs: number): Standing {
  switch (verdict) {
    case 'answered':
      return { state: 'in', failuresInARow: 0, sinceMs: nowMs, wasOutMs: outMs };
    case 'failed':
      return outFor(outMs * 2, nowMs);
    case 'nothing':
      // The next call tries.
      return { state: 'out', untilMs: nowMs, outMs };
  }
}

function outFor(wishedMs: number, nowMs: number): Standing {
  const outMs = Math.min(wishedMs, OUT_MAX_MS);
  return { state: 'out', untilMs: nowMs + outMs, outMs };
}

/** How many of a side's instances may be left alone at once. */
export function outMax(instances: number): number {
  return instances < 2 ? 0 : Math.max(1, Math.floor(instances * OUT_SHARE_MAX));
}
