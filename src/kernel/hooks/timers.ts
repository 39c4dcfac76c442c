import { BUDGETS } from '../../contract/plugins.ts';
import { NoBreaker } from './breaker.ts';
import { callHook } from './call.ts';
import type { Engine } from './engine.ts';
import { HookRun, type Owner } from './hook-run.ts';
import { Meter } from './meter.ts';

/** Timers that one plugin may have at once. */
export const timersMax = 1_000;

const PUT_OFF_MS = 1_000;

type Timer = { readonly turn: () => unknown; disarm: () => void };

/** What a plugin does once, later, by the kernel's clock. Ends with the plugin. */
export class Timers {
  readonly run: HookRun;
  readonly #engine: Engine;
  readonly #armed = new Set<Timer>();
  #stopped = false;

  constructor(engine: Engine, plugin: Owner) {
    this.#engine = engine;
    const parts = { plugin, place: 'after', breaker: new NoBreaker(), closed: false, writes: new Map(), fields: {} };
    const invoke = (turn: unknown) => (turn as () => unknown)();
    this.run = new HookRun({ ...parts, invoke, budgetMs: BUDGETS.repeatMs }, engine.stopwatch.nowMs());
  }

  /** The answer calls it off. */
  add(delayMs: number, turn: () => unknown): () => void {
    if (!(delayMs >= 0)) throw new RangeError(`after ${delayMs} ms: the least is 0`);
    if (this.#armed.size >= timersMax) throw new RangeError(`a plugin has at most ${timersMax} timers`);
    const timer: Timer = { turn, disarm: () => {} };
    this.#arm(timer, delayMs);
    return () => this.#off(timer);
  }

  stop(): void {
    this.#stopped = true;
    for (const timer of this.#armed) this.#off(timer);
  }

  #arm(timer: Timer, delayMs: number): void {
    if (this.#stopped) return;
    this.#armed.add(timer);
    timer.disarm = this.#engine.clock.after(delayMs, () => this.#due(timer));
  }

  #off(timer: Timer): void {
    if (this.#armed.delete(timer)) timer.disarm();
  }

  #due(timer: Timer): void {
    this.#armed.delete(timer);
    const { run } = this;
    const { skipped } = run;
    const meter = new Meter(Number.POSITIVE_INFINITY);
    meter.readMs = this.#engine.stopwatch.nowMs();
    callHook({ engine: this.#engine, meter }, run, timer.turn);
    // It owes too many promises. Unlike a repeat's, this turn would never come by again: it is put off.
    if (run.skipped > skipped) this.#arm(timer, PUT_OFF_MS);
  }
}
