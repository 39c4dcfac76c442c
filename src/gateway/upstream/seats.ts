/** Whoever can give up a connection that nobody uses. */
export type Holder = { readonly giveUpIdle: () => boolean };

/** The connections that the pools of one side may hold together. */
export class Seats {
  readonly #holders: Holder[] = [];
  #free: number;

  constructor(max: number) {
    this.#free = max;
  }

  add(holder: Holder): void {
    this.#holders.push(holder);
  }

  /** One more connection may be opened, if need be instead of an idle one of another pool. */
  take(): boolean {
    if (this.#free === 0) return this.#holders.some((holder) => holder.giveUpIdle());
    this.#free -= 1;
    return true;
  }

  /** A connection closed. */
  leave(): void {
    this.#free += 1;
  }
}
