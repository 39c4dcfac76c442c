import type { Clock } from './clock.ts';

const WEIGHT = 0.1;
const RETRY_AFTER_MS_MIN = 100;
const RETRY_AFTER_MS_MAX = 60_000;

/** How fast tasks find agents of late: what `retryAfterMs` is made of. */
export class Pace {
  readonly #clock: Clock;
  #lastAtMs: number | null = null;
  #intervalMs = RETRY_AFTER_MS_MIN;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** A task has started. The interval is a moving average, so that one pause does not speak for all. */
  started(): void {
    const nowMs = this.#clock.now();
    if (this.#lastAtMs !== null) this.#intervalMs += WEIGHT * (nowMs - this.#lastAtMs - this.#intervalMs);
    this.#lastAtMs = nowMs;
  }

  /** When one more place is likely to be free. */
  retryAfterMs(): number {
    const sinceMs = this.#lastAtMs === null ? 0 : this.#clock.now() - this.#lastAtMs;
    return Math.round(Math.min(RETRY_AFTER_MS_MAX, Math.max(RETRY_AFTER_MS_MIN, this.#intervalMs, sinceMs)));
  }
}
