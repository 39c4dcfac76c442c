/** Promises of hooks that are not settled: who owes an answer, and since when. */

export type Unsettled = {
  readonly plugin: string;
  readonly place: string;
  /** Monotonic milliseconds. */
  readonly sinceMs: number;
  /** The caller went on without it. */
  readonly givenUp: boolean;
};

/** Promises of one plugin that may be pending at a time; above it, its hooks are skipped. */
export const unsettledPerPluginMax = 256;

export class UnsettledHooks {
  readonly #entries = new Set<{ plugin: string; place: string; sinceMs: number; givenUp: boolean }>();
  readonly #perPlugin = new Map<string, number>();

  add(plugin: string, place: string, sinceMs: number): { givenUp: boolean; settled: () => void } {
    const entry = { plugin, place, sinceMs, givenUp: false, settled: () => this.#remove(entry) };
    this.#entries.add(entry);
    this.#perPlugin.set(plugin, this.of(plugin) + 1);
    return entry;
  }

  of(plugin: string): number {
    return this.#perPlugin.get(plugin) ?? 0;
  }

  list(): readonly Unsettled[] {
    return Array.from(this.#entries, ({ plugin, place, sinceMs, givenUp }) => ({ plugin, place, sinceMs, givenUp }));
  }

  #remove(entry: { plugin: string; place: string; sinceMs: number; givenUp: boolean }): void {
    if (!this.#entries.delete(entry)) return;
    const left = this.of(entry.plugin) - 1;
    if (left === 0) this.#perPlugin.delete(entry.plugin);
    else this.#perPlugin.set(entry.plugin, left);
  }
}
