/** Time for measuring plugins: always real, also where the kernel's own clock is simulated. Tests inject theirs. */
export type Stopwatch = {
  /** Monotonic milliseconds, with fractions. */
  readonly nowMs: () => number;
  /** Runs `then` once after `ms`; somebody waits for it, so it keeps the process alive. The returned function cancels. */
  readonly after: (ms: number, then: () => void) => () => void;
  /** Runs `then` when the current turn and its promise jobs are done. */
  readonly soon: (then: () => void) => void;
};

export const systemStopwatch: Stopwatch = {
  nowMs: () => performance.now(),
  after: (ms, then) => {
    const timer = setTimeout(then, ms);
    return () => clearTimeout(timer);
  },
  soon: (then) => {
    setImmediate(then);
  },
};
