/** When a plugin's hook is left alone, and for how long. */
export const BREAKER = {
  /** At least this many failures in a window... */
  failuresMin: 5,
  /** ...and at least this share of its calls. */
  failureShareMin: 0.1,
  windowMs: 60_000,
  cooldownMs: 5_000,
  /** The cooldown doubles with each failed trial, up to here. */
  cooldownMaxMs: 300_000,
} as const;

export type BreakerState =
  | { readonly kind: 'closed' }
  | { readonly kind: 'open'; readonly untilMs: number; readonly cooldownMs: number }
  /** One trial call is under way; its end closes or opens. */
  | { readonly kind: 'half_open'; readonly cooldownMs: number };

const CLOSED: BreakerState = { kind: 'closed' };

/** Leaves a failing hook alone, then tries it again with one call. */
export class Breaker {
  #state: BreakerState = CLOSED;
  #windowStartMs = Number.NEGATIVE_INFINITY;
  #calls = 0;
  #failures = 0;

  get state(): BreakerState {
    return this.#state;
  }

  /** Whether a call may be made. A `true` must be answered by `succeeded` or `failed`. */
  admits(nowMs: number): boolean {
    const state = this.#state;
    switch (state.kind) {
      case 'closed':
        return true;
      case 'half_open':
        return false;
      case 'open':
        if (nowMs < state.untilMs) return false;
        this.#state = { kind: 'half_open', cooldownMs: state.cooldownMs };
        return true;
    }
  }

  succeeded(): void {
    if (this.#state.kind === 'half_open') this.#close();
    this.#calls++;
  }

  /** `true` when this failure opened it. */
  failed(nowMs: number): boolean {
    const state = this.#state;
    switch (state.kind) {
      case 'open':
        return false;
      case 'half_open':
        this.#open(nowMs, Math.min(state.cooldownMs * 2, BREAKER.cooldownMaxMs));
        return true;
      case 'closed':
        if (!this.#tripsOnFailure(nowMs)) return false;
        this.#open(nowMs, BREAKER.cooldownMs);
        return true;
    }
  }

  /** The call told nothing of the plugin: a trial is made again later. */
  undecided(nowMs: number): void {
    if (this.#state.kind === 'half_open') this.#open(nowMs, this.#state.cooldownMs);
  }

  /** Opens it for a reason of its own; `true` when it was not open. */
  trip(nowMs: number): boolean {
    if (this.#state.kind === 'open') return false;
    this.#open(nowMs, BREAKER.cooldownMs);
    return true;
  }

  #tripsOnFailure(nowMs: number): boolean {
    if (nowMs - this.#windowStartMs >= BREAKER.windowMs) {
      this.#windowStartMs = nowMs;
      this.#calls = 0;
      this.#failures = 0;
    }
    this.#calls++;
    this.#failures++;
    return this.#failures >= BREAKER.failuresMin && this.#failures >= this.#calls * BREAKER.failureShareMin;
  }

  #open(nowMs: number, cooldownMs: number): void {
    this.#state = { kind: 'open', untilMs: nowMs + cooldownMs, cooldownMs };
  }

  #close(): void {
    this.#state = CLOSED;
    // The next failure starts a window of its own.
    this.#windowStartMs = Number.NEGATIVE_INFINITY;
  }
}

/** For what comes by only once: left out, it would be lost. Its failures are still counted by whoever calls. */
export class NoBreaker extends Breaker {
  override failed(): boolean {
    return false;
  }

  override trip(): boolean {
    return false;
  }
}
