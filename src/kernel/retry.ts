import type { Failure, Retry } from '../contract/tasks.ts';

/**
 * The pause before the next attempt, in milliseconds; `null`: there is none.
 * Full jitter (Brooker, "Exponential Backoff And Jitter", AWS 2015): uniform between 0 and the bound, so that
 * what failed together does not come back together.
 */
export function retryPauseMs(retry: Retry, failures: number, failure: Failure, random: () => number): number | null {
  if (!failure.retryable || retry.finalCodes.includes(failure.code)) return null;
  if (failures >= retry.attemptsMax) return null;
  return jitteredMs(retry.pauseMs, retry.pauseMsMax, failures, random);
}

/** `times`: 1 for the first pause. */
export function jitteredMs(baseMs: number, maxMs: number, times: number, random: () => number): number {
  const bound = Math.min(maxMs, baseMs * 2 ** Math.min(times - 1, 52));
  return Math.floor(random() * (bound + 1));
}
