import { BanyanError } from '../contract/errors.ts';
import type { Deadline } from '../contract/tasks.ts';
import type { Clock } from './clock.ts';
import { Heap, type HeapItem } from './heap.ts';

/** One thing that will happen unless it is called off. */
export type Alarm = HeapItem & { readonly atMs: number; readonly ring: () => void };

/**
 * All deadlines of the kernel on one timer of the clock: a task has two or three, and a hundred thousand
 * timers would cost more than the tasks. An alarm that is called off is gone at once, not at its hour.
 */
export class Deadlines {
  readonly #clock: Clock;
  readonly #alarms = new Heap<Alarm>((a, b) => a.atMs < b.atMs);
  #disarm: (() => void) | null = null;
  #armedAtMs = Number.POSITIVE_INFINITY;
  #isClosed = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get pending(): number {
    return this.#alarms.size;
  }

  /**
   * `null` for a deadline that never comes.
   * @throws {BanyanError} BAD_INPUT for what is neither a finite number nor `never`: one such alarm would keep all
   * others from ringing
   */
  in(delay: Deadline, ring: () => void): Alarm | null {
    if (delay === 'never' || this.#isClosed) return null;
    if (!Number.isFinite(delay)) throw new BanyanError('BAD_INPUT', `${delay} is no deadline`);
    const alarm: Alarm = { atMs: this.#clock.now() + delay, ring, heapIndex: -1 };
    this.#alarms.push(alarm);
    if (alarm.atMs < this.#armedAtMs) this.#arm(alarm.atMs);
    return alarm;
  }

  cancel(alarm: Alarm | null): void {
    if (alarm !== null) this.#alarms.remove(alarm);
    // The timer stays armed; waking once for nothing is cheaper than re-arming with every task.
    if (this.#alarms.size === 0) this.#stop();
  }

  /** Nothing rings any more. */
  close(): void {
    this.#isClosed = true;
    while (this.#alarms.pop() !== undefined);
    this.#stop();
  }

  #arm(atMs: number): void {
    this.#disarm?.();
    this.#armedAtMs = atMs;
    this.#disarm = this.#clock.after(atMs - this.#clock.now(), () => this.#wake());
  }

  #wake(): void {
    this.#disarm = null;
    this.#armedAtMs = Number.POSITIVE_INFINITY;
    const nowMs = this.#clock.now();
    for (let next = this.#alarms.peek(); next !== undefined && next.atMs <= nowMs; next = this.#alarms.peek()) {
      this.#alarms.pop();
      next.ring();
    }
    const next = this.#alarms.peek();
    if (next !== undefined) this.#arm(next.atMs);
  }

  #stop(): void {
    this.#disarm?.();
    this.#disarm = null;
    this.#armedAtMs = Number.POSITIVE_INFINITY;
  }
}
