import { RestartLimit } from './restart-limit.ts';

export type ReplacementsOptions = {
  /** Workers that should serve and are not there. */
  readonly missing: () => number;
  readonly start: () => void;
};

/** When workers that are missing are started. One timer, however many of them died; those it finds due start together. */
export class Replacements {
  readonly #options: ReplacementsOptions;
  readonly #limit = new RestartLimit();
  #timer: NodeJS.Timeout | null = null;
  #held = false;
  #stopped = false;

  constructor(options: ReplacementsOptions) {
    this.#options = options;
  }

  /** Whether so many workers were started within a minute that the next must wait. */
  get held(): boolean {
    return this.#held;
  }

  /** A worker died, or could not start. @param ranMs how long it lived */
  died(ranMs: number): void {
    if (this.#timer === null) this.#lookIn(this.#limit.delayMs(ranMs));
  }

  /** One may be missing for another reason. */
  look(): void {
    if (this.#timer === null) this.#lookIn(0);
  }

  /** For good: whatever dies or is missing from now on stays so. */
  stop(): void {
    this.#stopped = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#held = false;
  }

  #lookIn(delayMs: number): void {
    if (this.#stopped) return;
    const heldForMs = this.#limit.heldForMs(performance.now());
    this.#held = heldForMs > delayMs;
    this.#timer = setTimeout(() => this.#startMissing(), Math.max(delayMs, heldForMs));
  }

  #startMissing(): void {
    this.#timer = null;
    this.#held = false;
    const { missing, start } = this.#options;
    const nowMs = performance.now();
    for (let left = Math.min(missing(), this.#limit.allowed(nowMs)); left > 0; left -= 1) {
      this.#limit.started(nowMs);
      start();
    }
    if (missing() > 0) this.look();
  }
}
