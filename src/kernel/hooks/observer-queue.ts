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

/**
 * Events that wait to be observed by one plugin. They are told in order, one at a time, after the call that
 * fired them went on; a plugin that is slow delays and loses only its own events.
 */
export class ObserverQueue {
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
  readonly #whenEmpty: (() => void)[] = [];

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
    if (this.#state === 'idle') this.#schedule();
  }

  /** Resolves once nothing waits. */
  empty(): Promise<void> {
    if (this.#state === 'idle') return Promise.resolve();
    return new Promise((resolve) => this.#whenEmpty.push(resolve));
  }

  #drop(run: HookRun): void {
    run.dropped++;
    if (this.#full) return;
    this.#full = true;
    this.#calls.engine.findings.add(run.plugin.name, run.place, 'queue_full', `${observedMax} events wait`);
  }

  #schedule(): void {
    this.#state = 'scheduled';
    this.#calls.engine.stopwatch.soon(() => this.#turn());
  }

  #turn(): void {
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
    while (this.#left > 0 && meter.readMs < this.#untilMs) {
      const pending = this.#tellNext();
      if (pending === null) continue;
      this.#state = 'waiting';
      pending.then(() => this.#goOn());
      return;
    }
    if (this.length > 0) this.#schedule();
    else this.#becomeIdle();
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

  #becomeIdle(): void {
    this.#state = 'idle';
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
