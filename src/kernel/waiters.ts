import { BanyanError, RetryLaterError } from '../contract/errors.ts';
import type { Deadline, Task } from '../contract/kernel.ts';
import type { Deadlines } from './deadlines.ts';

type Waiter = (task: Task) => void;

/** Those who wait for tasks to end. They are told once the end is durable. */
export class Waiters {
  readonly #byTask = new Map<string, Set<Waiter>>();
  readonly #waitersMax: number;
  readonly #closed = Promise.withResolvers<never>();
  #waiting = 0;

  constructor(waitersMax: number) {
    this.#waitersMax = waitersMax;
    // Nobody may be waiting when it is rejected.
    this.#closed.promise.catch(() => undefined);
  }

  /** Calls `then` when the task has ended. The answer calls it off. */
  onEnd(taskId: string, then: Waiter): () => void {
    const waiters = this.#byTask.get(taskId) ?? new Set();
    this.#byTask.set(taskId, waiters.add(then));
    return () => {
      waiters.delete(then);
      if (waiters.size === 0 && this.#byTask.get(taskId) === waiters) this.#byTask.delete(taskId);
    };
  }

  tell(taskId: string, view: () => Task): void {
    const waiters = this.#byTask.get(taskId);
    if (waiters === undefined) return;
    this.#byTask.delete(taskId);
    const task = view();
    for (const then of waiters) then(task);
  }

  /** Nobody will be told any more. */
  close(): void {
    this.#closed.reject(new BanyanError('KERNEL_CLOSED', 'the kernel was closed'));
  }

  /** @throws {BanyanError} WAIT_TIMEOUT, ABORTED, OVERLOADED, KERNEL_CLOSED */
  wait(taskId: string, timeout: Deadline, deadlines: Deadlines, signal: AbortSignal | undefined): Promise<Task> {
    if (signal?.aborted === true) return Promise.reject(aborted(taskId));
    if (this.#waiting >= this.#waitersMax) {
      return Promise.reject(
        new RetryLaterError('OVERLOADED', `${this.#waitersMax} callers wait for tasks already`, 1_000),
      );
    }
    const { promise, resolve, reject } = Promise.withResolvers<Task>();
    const callOff = this.onEnd(taskId, resolve);
    const stop = () => reject(aborted(taskId));
    const alarm = deadlines.in(timeout, () =>
      reject(new BanyanError('WAIT_TIMEOUT', `task ${taskId} has not ended within ${timeout} ms`)),
    );
    signal?.addEventListener('abort', stop, { once: true });
    this.#waiting += 1;
    return Promise.race([promise, this.#closed.promise]).finally(() => {
      this.#waiting -= 1;
      callOff();
      deadlines.cancel(alarm);
      signal?.removeEventListener('abort', stop);
    });
  }
}

function aborted(taskId: string): BanyanError {
  return new BanyanError('ABORTED', `the wait for task ${taskId} was aborted`);
}
