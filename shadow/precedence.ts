/** How long a task stays in line behind tasks that only overlapped it. */
const PATIENCE_MS = 25;

type Waiting = {
  readonly number: number;
  readonly after: number;
  readonly start: () => void;
  patient: boolean;
};

/**
 * Replays the order in which one side was seen to work. A task waits for every task that had been offered before
 * its own call began: those came first, whatever they take. Calls that overlapped on the primary have no known
 * order; the order of their answers is the best guess, so a task also stands in line behind those, but only for
 * `PATIENCE_MS`: a slow call delays what came after it, as it did on the primary, and little else.
 */
export class Precedence {
  /** Offered and not ended, by number; a Map keeps them in the order they came. */
  readonly #pending = new Map<number, true>();
  #waiting: Waiting[] = [];
  #offered = 0;

  /** A point in time: what was offered until now comes before what begins now. */
  mark(): number {
    return this.#offered;
  }

  /** Runs `task`, which must not reject, in its turn; `after` is the mark at which its call began. */
  async run(after: number, task: () => Promise<void>): Promise<void> {
    this.#offered += 1;
    const number = this.#offered;
    this.#pending.set(number, true);
    if (this.#oldest() < number) await this.#turn(number, after);
    await task();
    this.#pending.delete(number);
    this.#wake();
  }

  #turn(number: number, after: number): Promise<void> {
    return new Promise((resolve) => {
      const waiting: Waiting = {
        number,
        after,
        patient: true,
        start: () => {
          clearTimeout(timer);
          resolve();
        },
      };
      const timer = setTimeout(() => {
        waiting.patient = false;
        this.#wake();
      }, PATIENCE_MS);
      this.#waiting.push(waiting);
    });
  }

  #wake(): void {
    const oldest = this.#oldest();
    const ready = this.#waiting.filter((waiting) => oldest > (waiting.patient ? waiting.number - 1 : waiting.after));
    if (ready.length === 0) return;
    this.#waiting = this.#waiting.filter((waiting) => !ready.includes(waiting));
    for (const { start } of ready) start();
  }

  /** The lowest number that has not ended. */
  #oldest(): number {
    return this.#pending.keys().next().value ?? Number.POSITIVE_INFINITY;
  }
}
