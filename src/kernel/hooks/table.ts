import { HOOK_NAMES, HOOKS, type HookName } from '../../contract/hooks.ts';
import type { Slot } from './dispatch.ts';
import type { HookRun } from './hook-run.ts';
import type { LoadedPlugin } from './loaded-plugin.ts';

/**
 * Who is called for each hook, in order. Immutable: loading and unloading make a new table, and operations
 * under way keep the one they began with.
 */
export class HookTable {
  readonly plugins: readonly LoadedPlugin[];
  readonly slots: Readonly<Record<HookName, Slot>>;
  #operations = 0;
  readonly #whenUnused: (() => void)[] = [];

  /** @param plugins in order */
  constructor(plugins: readonly LoadedPlugin[]) {
    this.plugins = plugins;
    this.slots = compileSlots(plugins);
  }

  enter(): void {
    this.#operations++;
  }

  leave(): void {
    if (--this.#operations === 0) for (const resolve of this.#whenUnused.splice(0)) resolve();
  }

  /** Resolves when no operation uses it. */
  unused(): Promise<void> {
    if (this.#operations === 0) return Promise.resolve();
    return new Promise((resolve) => this.#whenUnused.push(resolve));
  }
}

function compileSlots(plugins: readonly LoadedPlugin[]): Readonly<Record<HookName, Slot>> {
  const slots = HOOK_NAMES.map((hook) => [hook, slotOf(hook, plugins)]);
  return Object.freeze(Object.fromEntries(slots));
}

function slotOf(hook: HookName, plugins: readonly LoadedPlugin[]): Slot {
  const runs = plugins.map((plugin) => plugin.hooks.get(hook)).filter((run) => run !== undefined);
  return { runs, contended: isContended(hook, runs) };
}

function isContended(hook: HookName, runs: readonly HookRun[]): boolean {
  return Object.keys(HOOKS[hook].fields).some((field) => runs.filter((run) => run.writes.has(field)).length > 1);
}
