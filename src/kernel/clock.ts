/** Time as the kernel sees it. Tests put their own in its place; nothing here calls `Date.now` or `setTimeout`. */
export type Clock = {
  /** Epoch milliseconds; never goes back while the process lives. */
  now(): number;
  /** Calls `then` once, `delayMs` from now at the earliest. The answer calls it off. */
  after(delayMs: number, then: () => void): () => void;
};

/** Longer delays make `setTimeout` fire at once. */
const DELAY_MS_MAX = 2 ** 31 - 1;

export const systemClock: Clock = {
  // Not Date.now(): a step of the wall clock would make every deadline fire early or late.
  now: () => Math.floor(performance.timeOrigin + performance.now()),
  after(delayMs, then) {
    const timer = setTimeout(then, Math.min(Math.max(0, delayMs), DELAY_MS_MAX));
    return () => clearTimeout(timer);
  },
};
