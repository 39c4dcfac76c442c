import type { DatabaseSync } from 'node:sqlite';
import { BanyanError } from '../contract/errors.ts';
import type { StoreCounters } from './store.ts';

/** Writes that may wait for the next commit; more are refused. */
const STORE_QUEUE_MAX = 10_000;

type Write = {
  readonly run: () => unknown;
  readonly resolve: (value: never) => void;
  readonly reject: (error: unknown) => void;
};

/**
 * Gathers the writes of one turn of the event loop into one transaction, so that they share one fsync.
 * A write's promise resolves when its transaction is on disk (`synchronous=FULL`).
 */
export class GroupCommit {
  readonly #database: DatabaseSync;
  readonly #counters = { commits: 0, writes: 0, failedWrites: 0, refusedWrites: 0 };
  #queue: Write[] = [];
  #scheduled = false;

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  /** `run` does its statements synchronously; what it returns is what the promise gives. */
  write<T>(run: () => T): Promise<T> {
    if (this.#queue.length >= STORE_QUEUE_MAX) {
      this.#counters.refusedWrites += 1;
      return Promise.reject(new BanyanError('STORE_FAILED', `${STORE_QUEUE_MAX} writes wait for the store already`));
    }
    const written = this.#add(run);
    if (!this.#scheduled) {
      this.#scheduled = true;
      setImmediate(() => this.flush());
    }
    return written;
  }

  /** The same, together with all that waits, before it returns: so that it adds nothing to what waits. */
  writeAtOnce<T>(run: () => T): Promise<T> {
    const written = this.#add(run);
    this.flush();
    return written;
  }

  #add<T>(run: () => T): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.#queue.push({ run, resolve, reject });
    });
  }

  flush(): void {
    this.#scheduled = false;
    const writes = this.#queue;
    this.#queue = [];
    if (writes.length > 0) this.#commit(writes);
  }

  counters(): StoreCounters {
    return { ...this.#counters };
  }

  /** One write that fails undoes itself alone (SAVEPOINT); a commit that fails fails all of them. */
  #commit(writes: readonly Write[]): void {
    const settled: (() => void)[] = [];
    try {
      this.#database.exec('BEGIN IMMEDIATE');
      for (const write of writes) settled.push(this.#apply(write));
      this.#database.exec('COMMIT');
      this.#counters.commits += 1;
    } catch (error) {
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
      this.#counters.failedWrites += writes.length;
      const failure = new BanyanError('STORE_FAILED', `the store could not commit: ${messageOf(error)}`, {
        cause: error,
      });
      for (const write of writes) write.reject(failure);
      return;
    }
    for (const settle of settled) settle();
  }

  #apply(write: Write): () => void {
    this.#database.exec('SAVEPOINT one');
    try {
      const value = write.run();
      this.#database.exec('RELEASE one');
      this.#counters.writes += 1;
      return () => write.resolve(value as never);
    } catch (error) {
      this.#database.exec('ROLLBACK TO one; RELEASE one');
      this.#counters.failedWrites += 1;
      return () => write.reject(error);
    }
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
