import type { HookAnswers, HookEvents, HookOf } from '../../contract/hooks.ts';
import { decideFirst, guardAll, MAY_ANSWER, transformAll } from './dispatch.ts';
import type { Calls, Engine } from './engine.ts';
import { freezeDeep } from './freeze.ts';
import { Meter } from './meter.ts';
import type { HookTable } from './table.ts';

type MaybePromise<T> = T | Promise<T>;

/**
 * One operation of the kernel as plugins see it: it keeps the plugins it began with, and one budget for all
 * their calls. Events are frozen; what is in them must be the kernel's own. To be ended in any case.
 */
export class Operation {
  readonly #calls: Calls;
  readonly #table: HookTable;
  #ended = false;

  constructor(engine: Engine, table: HookTable, budgetMs: number) {
    this.#calls = { engine, meter: new Meter(budgetMs) };
    this.#table = table;
    table.enter();
  }

  /** The event as the plugins left it. A promise only when a plugin returned one. @throws {Vetoed} */
  transform<N extends HookOf<'transform'>>(hook: N, event: HookEvents[N]): MaybePromise<HookEvents[N]> {
    const slot = this.#table.slots[hook];
    if (slot.runs.length === 0) return event;
    const seen = transformAll(this.#calls, slot, freezeDeep(event));
    return seen as unknown as MaybePromise<HookEvents[N]>;
  }

  /** Returns, or resolves, when no plugin vetoes. @throws {Vetoed} */
  guard<N extends HookOf<'guard'>>(hook: N, event: HookEvents[N]): MaybePromise<void> {
    const slot = this.#table.slots[hook];
    if (slot.runs.length > 0) return guardAll(this.#calls, slot, freezeDeep(event));
  }

  /** The first plugin's answer that may be taken. @throws {Vetoed} */
  decide<N extends HookOf<'decide'>>(hook: N, event: HookEvents[N]): MaybePromise<HookAnswers[N] | undefined> {
    const slot = this.#table.slots[hook];
    if (slot.runs.length === 0) return undefined;
    const answer = decideFirst(this.#calls, slot, freezeDeep(event), MAY_ANSWER[hook]);
    return answer as MaybePromise<HookAnswers[N] | undefined>;
  }

  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#table.leave();
  }
}
