/** What all plugins together may still take of one operation. Waits that overlap are counted once. */
export class OperationBudget {
  leftMs: number;
  #waiting = 0;
  #sinceMs = 0;

  constructor(totalMs: number) {
    this.leftMs = totalMs;
  }

  spend(tookMs: number): void {
    this.leftMs -= tookMs;
  }

  waitBegins(nowMs: number): void {
    if (this.#waiting++ === 0) this.#sinceMs = nowMs;
  }

  waitEnds(nowMs: number): void {
    if (--this.#waiting === 0) this.leftMs -= nowMs - this.#sinceMs;
  }
}
