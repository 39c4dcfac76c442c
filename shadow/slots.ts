/** At most `slotsMax` holders at once; the rest wait in order. The length of the line is its user's to bound. */
export class Slots {
  readonly #waiting: (() => void)[] = [];
  #free: number;

  constructor(slotsMax: number) {
    this.#free = slotsMax;
  }

  async hold<T>(task: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free -= 1;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await task();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#free += 1;
      else next();
    }
  }
}
