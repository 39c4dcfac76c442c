const DELAY_FIRST_MS = 100;
const DELAY_MAX_MS = 5000;
/** A worker that ran this long did not die young. */
const STEADY_MS = 10_000;
const MINUTE_MS = 60_000;

/** Starts within a minute, all workers together, that replace workers that died. */
export const RESTARTS_PER_MINUTE_MAX = 10;

/** How soon, and how often, workers that died are replaced. Pure but for what it remembers; times are monotonic. */
export class RestartLimit {
  #diedYoung = 0;
  #startedAtMs: readonly number[] = [];

  /**
   * A worker died.
   * @param ranMs how long it lived
   * @returns how long to wait before it is replaced: twice as long each time that one dies young
   */
  delayMs(ranMs: number): number {
    this.#diedYoung = ranMs >= STEADY_MS ? 0 : this.#diedYoung + 1;
    return Math.min(DELAY_FIRST_MS * 2 ** Math.max(0, this.#diedYoung - 1), DELAY_MAX_MS);
  }

  /** How many may start now. */
  allowed(nowMs: number): number {
    return RESTARTS_PER_MINUTE_MAX - this.#recent(nowMs).length;
  }

  /** How long until one more may start; 0: it may now. */
  heldForMs(nowMs: number): number {
    if (this.allowed(nowMs) > 0) return 0;
    return (this.#startedAtMs.at(-RESTARTS_PER_MINUTE_MAX) ?? nowMs) + MINUTE_MS - nowMs;
  }

  started(nowMs: number): void {
    this.#startedAtMs = [...this.#recent(nowMs), nowMs];
  }

  #recent(nowMs: number): readonly number[] {
    return this.#startedAtMs.filter((at) => at > nowMs - MINUTE_MS);
  }
}
