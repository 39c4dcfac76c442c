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

type Entry = {
  readonly owner: { readonly name: string; pending: number };
  readonly place: string;
  readonly sinceMs: number;
  givenUp: boolean;
  readonly settled: () => void;
};

export class UnsettledHooks {
  readonly #entries = new Set<Entry>();

  add(owner: Entry['owner'], place: string, sinceMs: number): Entry {
    const entry: Entry = { owner, place, sinceMs, givenUp: false, settled: () => this.#remove(entry) };
    this.#entries.add(entry);
    owner.pending++;
    return entry;
  }

  list(): readonly Unsettled[] {
    return Array.from(this.#entries, ({ owner, place, sinceMs, givenUp }) => ({
      plugin: owner.name,
      place,
      sinceMs,
      givenUp,
    }));
  }

  #remove(entry: Entry): void {
    if (this.#entries.delete(entry)) entry.owner.pending--;
  }
}
