/** At most `slotsMax` holders at once; the rest wait in order. The length of the line is its user's to bound. */
export class Slots {
  readonly #waiting: (() => void)[] = [];
  #slotsMax: number;
  #held = 0;

  constructor(slotsMax: number) {
    this.#slotsMax = slotsMax;
  }

  async hold<T>(task: () => Promise<T>): Promise<T> {
    if (this.#held < this.#slotsMax) this.#held += 1;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await task();
    } finally {
      this.#held -= 1;
      this.#admit();
    }
  }

  /** Fewer slots take effect as holders end. */
  resize(slotsMax: number): void {
    this.#slotsMax = slotsMax;
    this.#admit();
  }

  #admit(): void {
    while (this.#held < this.#slotsMax) {
      const next = this.#waiting.shift();
      if (next === undefined) return;
      this.#held += 1;
      next();
    }
  }
}
