import type { Exchange } from './exchange.ts';

type Waiting = { readonly exchange: Exchange; readonly take: () => boolean; readonly timer: NodeJS.Timeout };

export type WaitingBounds = { readonly callsMax: number; readonly waitMs: number };

/** Calls of a side for which no connection was free, in the order in which they came. */
export class WaitingCalls {
  readonly #bounds: WaitingBounds;
  #waiting = new Set<Waiting>();
  #onEmpty: (() => void) | null = null;

  constructor(bounds: WaitingBounds) {
    this.#bounds = bounds;
  }

  get count(): number {
    return this.#waiting.size;
  }

  /** Gives false when as many wait as may. @param take sends the call; gives false when no connection is free for it */
  add(exchange: Exchange, take: () => boolean): boolean {
    const { callsMax, waitMs } = this.#bounds;
    if (this.#waiting.size >= callsMax) return false;
    const timer = setTimeout(
      () => exchange.refused('overloaded', `no connection to this side came free within ${waitMs} ms`),
      waitMs,
    );
    const waiting: Waiting = { exchange, take, timer };
    this.#stay(waiting);
    return true;
  }

  /** A connection is free. */
  readonly next = (): void => {
    if (this.#waiting.size === 0) return; // nearly always
    const [first] = this.#waiting;
    if (first === undefined) return;
    // Out before it is sent: a call that ends at once frees its connection for the one after it.
    this.#waiting.delete(first);
    first.exchange.onLeftQueue(null);
    if (first.take() || first.exchange.ended) {
      this.#left(first);
      return;
    }
    const others = this.#waiting;
    this.#waiting = new Set();
    this.#stay(first);
    for (const other of others) this.#waiting.add(other);
  };

  #stay(waiting: Waiting): void {
    this.#waiting.add(waiting);
    waiting.exchange.onLeftQueue(() => {
      this.#waiting.delete(waiting);
      this.#left(waiting);
    });
  }

  #left({ timer }: Waiting): void {
    clearTimeout(timer);
    if (this.#waiting.size === 0) this.#onEmpty?.();
  }

  /** Calls back once nobody waits. */
  whenEmpty(callback: () => void): void {
    if (this.#waiting.size === 0) callback();
    else this.#onEmpty = callback;
  }

  refuseAll(message: string): void {
    for (const { exchange } of this.#waiting) exchange.refused('aborted', message);
  }
}
