/**
 * Replays the order in which one side was seen to work: a task waits for every task that had been offered before
 * its own call began, and for no other. Calls that overlapped on the primary may overlap on the candidate, so a
 * slow call delays what came after it, as it did there, and nothing else.
 */
export class Precedence {
  /** Offered and not ended, by number; a Map keeps them in the order they came. */
  readonly #pending = new Map<number, true>();
  #waiting: { readonly after: number; readonly start: () => void }[] = [];
  #offered = 0;

  /** A point in time: what was offered until now comes before what begins now. */
  mark(): number {
    return this.#offered;
  }

  /** Runs `task`, which must not reject, when all that was offered up to `after` has ended. */
  async run(after: number, task: () => Promise<void>): Promise<void> {
    this.#offered += 1;
    const number = this.#offered;
    this.#pending.set(number, true);
    if (!this.#mayStart(after)) await new Promise<void>((start) => this.#waiting.push({ after, start }));
    await task();
    this.#end(number);
  }

  #mayStart(after: number): boolean {
    return (this.#pending.keys().next().value ?? Number.POSITIVE_INFINITY) > after;
  }

  #end(number: number): void {
    const wasOldest = this.#pending.keys().next().value === number;
    this.#pending.delete(number);
    if (!wasOldest || this.#waiting.length === 0) return;
    const ready = this.#waiting.filter(({ after }) => this.#mayStart(after));
    if (ready.length === 0) return;
    this.#waiting = this.#waiting.filter(({ after }) => !this.#mayStart(after));
    for (const { start } of ready) start();
  }
}
