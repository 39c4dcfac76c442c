import { BanyanError } from '../../contract/errors.ts';

/** Changes of the loaded plugins that may wait for their turn. */
const changesMax = 32;

/** Lets one change run after the other, whoever asks. */
export class Changes {
  #last: Promise<unknown> = Promise.resolve();
  #waiting = 0;

  /** @throws OVERLOADED */
  run<T>(change: () => Promise<T>): Promise<T> {
    if (this.#waiting >= changesMax)
      return Promise.reject(new BanyanError('OVERLOADED', `${changesMax} changes of plugins wait for their turn`));
    this.#waiting++;
    const done = this.#last.then(change).finally(() => this.#waiting--);
    // Whoever asked for it is told; the next one starts in any case.
    this.#last = done.catch(() => {});
    return done;
  }
}
