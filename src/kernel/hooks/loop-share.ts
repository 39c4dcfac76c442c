const SLICE_MS = 1_000;
const SLICES = 10;

/** How much of the event loop a plugin held over the last ten seconds. */
export class LoopShare {
  readonly #busyMs = new Float64Array(SLICES);
  #slice = 0;
  #sliceEndsMs: number;
  #sumMs = 0;

  constructor(nowMs: number) {
    this.#sliceEndsMs = nowMs + SLICE_MS;
  }

  /** `true` when the share is above `shareMax` now. */
  add(tookMs: number, nowMs: number, shareMax: number): boolean {
    if (nowMs >= this.#sliceEndsMs) this.#turn(nowMs);
    this.#busyMs[this.#slice] = (this.#busyMs[this.#slice] ?? 0) + tookMs;
    this.#sumMs += tookMs;
    return this.#sumMs > shareMax * SLICE_MS * SLICES;
  }

  share(nowMs: number): number {
    if (nowMs >= this.#sliceEndsMs) this.#turn(nowMs);
    return this.#sumMs / (SLICE_MS * SLICES);
  }

  clear(): void {
    this.#busyMs.fill(0);
    this.#sumMs = 0;
  }

  #turn(nowMs: number): void {
    const passed = Math.floor((nowMs - this.#sliceEndsMs) / SLICE_MS) + 1;
    for (let i = 0; i < Math.min(passed, SLICES); i++) {
      this.#slice = (this.#slice + 1) % SLICES;
      this.#busyMs[this.#slice] = 0;
    }
    this.#sliceEndsMs += passed * SLICE_MS;
    // Summed anew at every turn, so that rounding cannot pile up.
    this.#sumMs = this.#busyMs.reduce((sum, busyMs) => sum + busyMs, 0);
  }
}
