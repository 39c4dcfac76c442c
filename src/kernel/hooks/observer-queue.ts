import type { HookName } from '../../contract/hooks.ts';
import { callHook, isPending, NO_SAY } from './call.ts';
import type { Calls, Engine } from './engine.ts';
import type { HookRun } from './hook-run.ts';
import { Meter } from './meter.ts';

/** Events that may wait for one plugin; above it the newest is dropped. */
export const observedMax = 10_000;
/** How long one plugin is told events in one turn of the event loop before others get theirs. */
export const turnMsMax = 2;
/** A queue that was longer than this gives its room back when it is empty. */
const ROOM_KEPT = 2_048;

/** Another plugin's queue, and what it is called by. */
type Successor = { readonly hooks: ReadonlyMap<HookName, HookRun>; readonly queue: ObserverQueue };

/**
 * Events that wait to be observed by one plugin. They are told in order, one at a time, after the call that
 * fired them went on; a plugin that is slow delays and loses only its own events.
 */
export class ObserverQueue {
  /** Events that were not observed because it was full, those of the queues before it included. */
  dropped = 0;
  readonly #calls: Calls;
  #runs: HookRun[] = [];
  #events: unknown[] = [];
  #head = 0;
  #tail = 0;
  #state: 'idle' | 'scheduled' | 'waiting' = 'idle';
  /** Of the turn that runs: when it ends, and how many of the events that had come before it are left. */
  #untilMs = 0;
  #left = 0;
  #full = false;
  #suspended = false;
  readonly #whenEmpty: (() => void)[] = [];
  readonly #whenStill: (() => void)[] = [];

  constructor(engine: Engine) {
    // No call waits for observers.
    this.#calls = { engine, meter: new Meter(Number.POSITIVE_INFINITY) };
  }

  get length(): number {
    return this.#tail - this.#head;
  }

  push(run: HookRun, event: unknown): void {
    if (this.length >= observedMax) {
      this.#drop(run);
      return;
    }
    this.#runs[this.#tail] = run;
    this.#events[this.#tail++] = event;
    if (this.#state === 'idle' && !this.#suspended) this.#schedule();
  }

  /** Resolves once nothing waits. */
  empty(): Promise<void> {
    if (this.#state === 'idle' && this.length === 0) return Promise.resolve();
    return new Promise((resolve) => this.#whenEmpty.push(resolve));
  }

  /** Tells nothing more, until it is resumed. Resolves once what is being told has ended. */
  suspend(): Promise<void> {
    this.#suspended = true;
    if (this.#state !== 'waiting') return Promise.resolve();
    return new Promise((resolve) => this.#whenStill.push(resolve));
  }

  resume(): void {
    this.#suspended = false;
    if (this.#state === 'idle' && this.length > 0) this.#schedule();
  }

  /**
   * What waits is told to the plugin that takes the place of this one; what that does not listen to is told here. Who
   * waits for all to be told waits for both.
   */
  handTo(next: Successor): void {
    next.queue.dropped += this.dropped;
    const waiters = this.#whenEmpty.splice(0);
    const waiting = this.#runs
      .slice(this.#head, this.#tail)
      .map((run, i) => [run, this.#events[this.#head + i]] as const);
    this.#tail = this.#head;
    for (const [run, event] of waiting) {
      const nextRun = next.hooks.get(run.place as HookName);
      if (nextRun === undefined) this.push(run, event);
      else next.queue.push(nextRun, event);
    }
    this.#left = Math.min(this.#left, this.length);
    this.resume();
    if (this.#state === 'idle') this.#becomeIdle();
    const bothEmpty = Promise.all([this.empty(), next.queue.empty()]);
    void bothEmpty.then(() => {
      for (const resolve of waiters) resolve();
    });
  }

  #drop(run: HookRun): void {
    this.dropped++;
    if (this.#full) return;
    this.#full = true;
    this.#calls.engine.findings.add(run.plugin.name, run.place, 'queue_full', `${observedMax} events wait`);
  }

  #schedule(): void {
    this.#state = 'scheduled';
    this.#calls.engine.stopwatch.soon(() => this.#turn());
  }

  #turn(): void {
    if (this.#suspended) {
      this.#pause();
      return;
    }
    this.#compact();
    const { engine, meter } = this.#calls;
    meter.readMs = engine.stopwatch.nowMs();
    this.#untilMs = meter.readMs + turnMsMax;
    this.#left = this.length;
    this.#tell();
  }

  /** What comes during the turn waits for the next: observers that make events would else never end it. */
  #tell(): void {
    const { meter } = this.#calls;
    while (this.#left > 0 && meter.readMs < this.#untilMs && !this.#suspended) {
      const pending = this.#tellNext();
      if (pending === null) continue;
      this.#state = 'waiting';
      pending.then(() => this.#goOn());
      return;
    }
    if (this.length === 0) this.#becomeIdle();
    else if (this.#suspended) this.#pause();
    else this.#schedule();
  }

  /** A plugin that answered within the turn is told more in it. */
  #goOn(): void {
    const { engine, meter } = this.#calls;
    meter.readMs = engine.stopwatch.nowMs();
    this.#tell();
  }

  #tellNext(): Promise<null> | null {
    this.#left--;
    const run = this.#runs[this.#head] as HookRun;
    const event = this.#events[this.#head];
    this.#events[this.#head++] = undefined;
    const answer = callHook(this.#calls, run, event);
    if (!isPending(answer)) return ended(run, answer);
    return answer.then((value) => ended(run, value));
  }

  #pause(): void {
    this.#state = 'idle';
    for (const resolve of this.#whenStill.splice(0)) resolve();
  }

  #becomeIdle(): void {
    this.#pause();
    this.#full = false;
    this.#rewind();
    for (const resolve of this.#whenEmpty.splice(0)) resolve();
  }

  /** Everything was told: the room is used again, or given back where there is much of it. */
  #rewind(): void {
    if (this.#tail > ROOM_KEPT) {
      this.#runs = [];
      this.#events = [];
    }
    this.#head = 0;
    this.#tail = 0;
  }

  /** The space of what was told is given back once it is more than half. */
  #compact(): void {
    if (this.#head < this.length || this.#head < ROOM_KEPT) return;
    this.#runs = this.#runs.slice(this.#head, this.#tail);
    this.#events = this.#events.slice(this.#head, this.#tail);
    this.#tail -= this.#head;
    this.#head = 0;
  }
}

function ended(run: HookRun, answer: unknown): null {
  if (answer !== NO_SAY) run.breaker.succeeded();
  return null;
}
