const DELAY_FIRST_MS = 100;
const DELAY_MAX_MS = 5000;
/** A worker that ran this long is started again at once. */
const STEADY_MS = 10_000;
const MINUTE_MS = 60_000;

/** Starts within a minute, all workers together, that replace workers that died. */
export const RESTARTS_PER_MINUTE_MAX = 10;

/** How long to wait before a worker that died is replaced. Pure but for what it remembers. */
export class RestartLimit {
  #delayMs = DELAY_FIRST_MS;
  #startedAtMs: readonly number[] = [];

  /**
   * @param nowMs monotonic
   * @param ranMs how long the worker lived
   * @returns when to start another: after a delay that doubles while workers die young, and never more than
   *   `RESTARTS_PER_MINUTE_MAX` a minute (`held`)
   */
  next(nowMs: number, ranMs: number): { readonly inMs: number; readonly held: boolean } {
    this.#delayMs = ranMs >= STEADY_MS ? DELAY_FIRST_MS : Math.min(2 * this.#delayMs, DELAY_MAX_MS);
    const recent = this.#startedAtMs.filter((at) => at > nowMs - MINUTE_MS);
    const earliest =
      recent.length < RESTARTS_PER_MINUTE_MAX ? nowMs : (recent.at(-RESTARTS_PER_MINUTE_MAX) ?? 0) + MINUTE_MS;
    const atMs = Math.max(nowMs + this.#delayMs, earliest);
    this.#startedAtMs = [...recent, atMs];
    return { inMs: atMs - nowMs, held: earliest > nowMs };
  }
}
