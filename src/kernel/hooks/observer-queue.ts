import { callHook, isPending, NO_SAY } from './call.ts';
import type { Calls, Engine } from './engine.ts';
import type { HookRun } from './hook-run.ts';
import { Meter } from './meter.ts';

/** Events that may wait for one plugin; above it the newest is dropped. */
export const observedMax = 10_000;
/** Events that one plugin is told in one turn of the event loop before others get theirs. */
const perTurnMax = 256;

/**
 * Events that wait to be observed by one plugin. They are told in order, one at a time, after the call that
 * fired them went on; a plugin that is slow delays and loses only its own events.
 */
export class ObserverQueue {
  readonly #calls: Calls;
  #runs: HookRun[] = [];
  #events: unknown[] = [];
  #head = 0;
  #state: 'idle' | 'scheduled' | 'waiting' = 'idle';
  #full = false;
  readonly #whenEmpty: (() => void)[] = [];

  constructor(engine: Engine) {
    // No call waits for observers.
    this.#calls = { engine, meter: new Meter(Number.POSITIVE_INFINITY) };
  }

  get length(): number {
    return this.#runs.length - this.#head;
  }

  push(run: HookRun, event: unknown): void {
    if (this.length >= observedMax) {
      this.#drop(run);
      return;
    }
    this.#runs.push(run);
    this.#events.push(event);
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
    this.#calls.meter.readMs = this.#calls.engine.stopwatch.nowMs();
    for (let told = 0; told < perTurnMax && this.length > 0; told++) {
      const pending = this.#tellNext();
      if (pending === null) continue;
      this.#state = 'waiting';
      pending.then(() => this.#schedule());
      return;
    }
    if (this.length > 0) this.#schedule();
    else this.#becomeIdle();
  }

  #tellNext(): Promise<null> | null {
    const run = this.#runs[this.#head] as HookRun;
    const answer = callHook(this.#calls, run, this.#events[this.#head]);
    this.#events[this.#head++] = undefined;
    if (!isPending(answer)) return ended(run, answer);
    return answer.then((value) => ended(run, value));
  }

  #becomeIdle(): void {
    this.#state = 'idle';
    this.#full = false;
    for (const resolve of this.#whenEmpty.splice(0)) resolve();
  }

  #compact(): void {
    if (this.#head < 1_024 && this.length > 0) return;
    this.#runs = this.#runs.slice(this.#head);
    this.#events = this.#events.slice(this.#head);
    this.#head = 0;
  }
}

function ended(run: HookRun, answer: unknown): null {
  if (answer !== NO_SAY) run.breaker.succeeded();
  return null;
}
