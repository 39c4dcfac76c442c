import { BanyanError, type ErrorCode } from '../contract/errors.ts';
import type { Answer, Refusal } from './messages.ts';

/** Questions that may wait for an answer of one process; more are refused. */
const QUESTIONS_MAX = 10_000;

type Waiting = {
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: BanyanError) => void;
  readonly timer: NodeJS.Timeout | undefined;
};

/** Questions to another process, by number, and the answers they wait for. */
export class Questions {
  readonly #waiting = new Map<number, Waiting>();
  #last = 0;
  #over: BanyanError | null = null;

  /**
   * @param send puts the question, with its number, on its way
   * @param withinMs `null`: it is waited for as long as the other process lives
   * @throws BanyanError what the other process gave, OVERLOADED when it does not answer in time or too many wait
   */
  ask(send: (number: number) => void, withinMs: number | null): Promise<Answer> {
    if (this.#over !== null) return Promise.reject(this.#over);
    if (this.#waiting.size >= QUESTIONS_MAX) {
      return Promise.reject(new BanyanError('OVERLOADED', `${QUESTIONS_MAX} questions wait for an answer already`));
    }
    this.#last += 1;
    const number = this.#last;
    return new Promise((resolve, reject) => {
      const late = () => this.#refuse(number, new BanyanError('OVERLOADED', `no answer came within ${withinMs} ms`));
      const timer = withinMs === null ? undefined : setTimeout(late, withinMs);
      this.#waiting.set(number, { resolve, reject, timer });
      send(number);
    });
  }

  answered(answer: Answer): void {
    const { number, error } = answer;
    if (error !== undefined) return void this.#refuse(number, errorOf(error));
    const waiting = this.#take(number);
    waiting?.resolve(answer);
  }

  /** The other process has ended: nothing will be answered any more. */
  end(error: BanyanError): void {
    this.#over = error;
    for (const number of [...this.#waiting.keys()]) this.#refuse(number, error);
  }

  #refuse(number: number, error: BanyanError): void {
    this.#take(number)?.reject(error);
  }

  #take(number: number): Waiting | undefined {
    const waiting = this.#waiting.get(number);
    this.#waiting.delete(number);
    clearTimeout(waiting?.timer);
    return waiting;
  }
}

export function errorOf({ code, message }: Refusal): BanyanError {
  return new BanyanError(code, message);
}

export function refusalOf(error: unknown, otherwise: ErrorCode = 'INTERNAL'): Refusal {
  if (error instanceof BanyanError) return { code: error.code, message: error.message };
  return { code: otherwise, message: error instanceof Error ? error.message : String(error) };
}
