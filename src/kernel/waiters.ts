import { BanyanError, RetryLaterError } from '../contract/errors.ts';
import type { Deadline, Task } from '../contract/tasks.ts';
import { kernelClosed } from './closed.ts';
import type { Deadlines } from './deadlines.ts';

type Waiter = (task: Task) => void;

/** Those who wait for tasks to end. They are told once the end is durable. */
export class Waiters {
  readonly #byTask = new Map<string, Set<Waiter>>();
  readonly #waitersMax: number;
  readonly #limitHit: () => void;
  /** How each wait that is under way can be made to fail. */
  readonly #waits = new Set<(error: BanyanError) => void>();
  #isClosed = false;

  constructor(waitersMax: number, limitHit: () => void) {
    this.#waitersMax = waitersMax;
    this.#limitHit = limitHit;
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
    this.#isClosed = true;
    for (const fail of [...this.#waits]) fail(kernelClosed());
  }

  /** @throws {BanyanError} WAIT_TIMEOUT, ABORTED, OVERLOADED, KERNEL_CLOSED */
  wait(taskId: string, timeout: Deadline, deadlines: Deadlines, signal: AbortSignal | undefined): Promise<Task> {
    if (this.#isClosed) return Promise.reject(kernelClosed());
    if (signal?.aborted === true) return Promise.reject(aborted(taskId));
    if (this.#waits.size >= this.#waitersMax) {
      this.#limitHit();
      return Promise.reject(
        new RetryLaterError('OVERLOADED', `${this.#waitersMax} callers wait for tasks already`, 1_000),
      );
    }
    const { promise, resolve, reject } = Promise.withResolvers<Task>();
    // Not a race with one promise of the kernel's end: that would keep every wait there ever was.
    const fail = (error: BanyanError) => {
      leave();
      reject(error);
    };
    const stop = () => fail(aborted(taskId));
    const alarm = deadlines.in(timeout, () =>
      fail(new BanyanError('WAIT_TIMEOUT', `task ${taskId} has not ended within ${timeout} ms`)),
    );
    const callOff = this.onEnd(taskId, (task) => {
      leave();
      resolve(task);
    });
    const leave = () => {
      this.#waits.delete(fail);
      callOff();
      deadlines.cancel(alarm);
      signal?.removeEventListener('abort', stop);
    };
    this.#waits.add(fail);
    signal?.addEventListener('abort', stop, { once: true });
    return promise;
  }
}

function aborted(taskId: string): BanyanError {
  return new BanyanError('ABORTED', `the wait for task ${taskId} was aborted`);
}
