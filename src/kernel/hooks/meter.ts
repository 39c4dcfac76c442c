/**
 * What all plugins together may still take of one operation. Waits that overlap are counted once.
 * It also carries the last reading of the stopwatch from one call to the next: reading it is the dearest
 * part of calling a hook that does little.
 */
export class Meter {
  readonly budgetMs: number;
  leftMs: number;
  /** When the last call ended; the next one starts there. */
  readMs = 0;
  #waiting = 0;
  #sinceMs = 0;
  #noticed = false;

  constructor(budgetMs: number) {
    this.budgetMs = budgetMs;
    this.leftMs = budgetMs;
  }

  /** `true` the first time that it is noticed that nothing is left. */
  noticeSpent(): boolean {
    const isFirst = !this.#noticed;
    this.#noticed = true;
    return isFirst;
  }

  waitBegins(nowMs: number): void {
    if (this.#waiting++ === 0) this.#sinceMs = nowMs;
  }

  waitEnds(nowMs: number): void {
    if (--this.#waiting === 0) this.leftMs -= nowMs - this.#sinceMs;
  }
}
