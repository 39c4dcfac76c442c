/**
 * Keeps what must stay in order in order: a task waits for every earlier task that shares one of its keys, and
 * for nothing else.
 */
export class Lanes {
  readonly #tails = new Map<string, Promise<void>>();

  /** Runs `task` in its turn; `task` must not reject. A task without keys runs at once. */
  run(keys: readonly string[], task: () => Promise<void>): Promise<void> {
    const earlier = keys.flatMap((key) => this.#tails.get(key) ?? []);
    const done = earlier.length === 0 ? task() : Promise.all(earlier).then(task);
    for (const key of keys) this.#tails.set(key, done);
    return done.then(() => {
      for (const key of keys) if (this.#tails.get(key) === done) this.#tails.delete(key);
    });
  }

  /** Keys with something under way or waiting. */
  get size(): number {
    return this.#tails.size;
  }
}
