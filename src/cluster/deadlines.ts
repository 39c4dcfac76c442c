/** How long the supervisor waits for what a worker should do, in milliseconds. */
export type Deadlines = {
  /** To load its program and open the store. */
  readonly startMs: number;
  /** To put a policy or a config in force. */
  readonly inForceMs: number;
  /** To compile a config, or to come so far as to be asked. */
  readonly prepareMs: number;
  /** To take a connection that it was handed; after that, it is asked whether it can have reached it. */
  readonly takeMs: number;
  /** To tell its counts. */
  readonly countMs: number;
  /** To say whether a write was under way. */
  readonly movedMs: number;
  /** To end, beyond its drain. */
  readonly endGraceMs: number;
  /** To say anything; after that, it is given no connection while others serve. */
  readonly quietMs: number;
  /** To say anything; after that, it hangs. */
  readonly silentMs: number;
};

export const DEADLINES: Deadlines = {
  startMs: 60_000,
  inForceMs: 1000,
  prepareMs: 10_000,
  takeMs: 1000,
  countMs: 1000,
  movedMs: 250,
  endGraceMs: 5000,
  quietMs: 3000,
  silentMs: 15_000,
};
