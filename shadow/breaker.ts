type State =
  | { readonly kind: 'closed'; readonly failures: number }
  | { readonly kind: 'open'; readonly untilMs: number }
  | { readonly kind: 'half_open' };

const FAILURES_MAX = 5;
const OPEN_MS = 1000;

/**
 * Leaves a candidate alone that fails again and again: after `FAILURES_MAX` failures in a row nothing is sent for
 * `OPEN_MS`, then one call may try.
 */
export class Breaker {
  readonly #nowMs: () => number;
  #state: State = { kind: 'closed', failures: 0 };

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** Whether a call may be sent now. */
  admits(): boolean {
    switch (this.#state.kind) {
      case 'closed':
        return true;
      case 'half_open':
        return false;
      case 'open':
        if (this.#nowMs() < this.#state.untilMs) return false;
        this.#state = { kind: 'half_open' };
        return true;
    }
  }

  succeeded(): void {
    this.#state = { kind: 'closed', failures: 0 };
  }

  failed(): void {
    const failures = this.#state.kind === 'closed' ? this.#state.failures + 1 : FAILURES_MAX;
    this.#state =
      failures >= FAILURES_MAX ? { kind: 'open', untilMs: this.#nowMs() + OPEN_MS } : { kind: 'closed', failures };
  }
}
