/** When a plugin's worker that ended is started again. */
export type RestartPolicy = {
  readonly pauseMs: number;
  /** The pause doubles with each end, up to here. */
  readonly pauseMsMax: number;
  /** A worker that was up for this long is taken as well again: the count starts anew. */
  readonly wellAfterMs: number;
  /** After that many ends in a row it stays down until it is loaded anew. */
  readonly restartsMax: number;
};

export const RESTART: RestartPolicy = { pauseMs: 100, pauseMsMax: 30_000, wellAfterMs: 60_000, restartsMax: 8 };

/** Counts ends in a row. */
export class Restarts {
  readonly #policy: RestartPolicy;
  #inARow = 0;

  constructor(policy: RestartPolicy) {
    this.#policy = policy;
  }

  /** The pause before the next start; `null`: there is none. */
  afterEnd(upMs: number): number | null {
    const { pauseMs, pauseMsMax, wellAfterMs, restartsMax } = this.#policy;
    if (upMs >= wellAfterMs) this.#inARow = 0;
    if (this.#inARow >= restartsMax) return null;
    return Math.min(pauseMs * 2 ** this.#inARow++, pauseMsMax);
  }
}
