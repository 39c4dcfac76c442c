import { BUDGETS } from '../../contract/plugins.ts';
import { callHook, isPending, NO_SAY } from './call.ts';
import type { Engine } from './engine.ts';
import { HookRun, type Owner } from './hook-run.ts';
import { Meter } from './meter.ts';

/** Repeats that one plugin may have. */
export const repeatsMax = 16;
const everyMsMin = 10;

/** What a plugin does again and again by the kernel's clock. One turn never overlaps the next. */
export class Repeats {
  readonly runs: HookRun[] = [];
  readonly #engine: Engine;
  readonly #plugin: Owner;
  readonly #cancels = new Map<HookRun, () => void>();
  #stopped = false;

  constructor(engine: Engine, plugin: Owner) {
    this.#engine = engine;
    this.#plugin = plugin;
  }

  add(everyMs: number, turn: () => unknown): void {
    if (this.#stopped) return;
    if (!(everyMs >= everyMsMin)) throw new RangeError(`repeat every ${everyMs} ms: the least is ${everyMsMin}`);
    if (this.runs.length >= repeatsMax) throw new RangeError(`a plugin has at most ${repeatsMax} repeats`);
    const run = this.#runOf(turn);
    this.runs.push(run);
    this.#wait(run, everyMs);
  }

  stop(): void {
    this.#stopped = true;
    for (const cancel of this.#cancels.values()) cancel();
    this.#cancels.clear();
  }

  #wait(run: HookRun, everyMs: number): void {
    if (this.#stopped) return;
    this.#cancels.set(
      run,
      this.#engine.clock.after(everyMs, () => this.#turn(run, everyMs)),
    );
  }

  #turn(run: HookRun, everyMs: number): void {
    const meter = new Meter(Number.POSITIVE_INFINITY);
    meter.readMs = this.#engine.stopwatch.nowMs();
    const answer = callHook({ engine: this.#engine, meter }, run, undefined);
    if (isPending(answer)) answer.then((value) => this.#ended(run, everyMs, value));
    else this.#ended(run, everyMs, answer);
  }

  #ended(run: HookRun, everyMs: number, answer: unknown): void {
    if (answer !== NO_SAY) run.breaker.succeeded();
    this.#wait(run, everyMs);
  }

  #runOf(turn: () => unknown): HookRun {
    const place = `repeat:${this.runs.length + 1}`;
    const parts = { plugin: this.#plugin, place, invoke: turn, closed: false, writes: new Map(), fields: {} };
    return new HookRun({ ...parts, budgetMs: BUDGETS.repeatMs }, this.#engine.stopwatch.nowMs());
  }
}
