/** Cells of the memory that the event loop and the watchdog's thread share. */
export const CELL = {
  /** Number of the plugin that is being called; 0: none. */
  plugin: 0,
  /** Grows whenever `plugin` is written, so that one long call can be told from many short ones. */
  call: 1,
  /** Number of the plugin that the thread last saw holding the loop. */
  seen: 2,
  /** 1: the thread is to end. */
  stop: 3,
} as const;

export const CELLS = Object.keys(CELL).length;

export type WatchdogOrders = {
  readonly memory: SharedArrayBuffer;
  readonly heldMs: number;
  readonly pollMs: number;
  /** Whether the thread writes what it sees to standard error: the only way out while the loop is held for good. */
  readonly says: boolean;
};

/** To the thread: the name of a number. */
export type PluginNumber = { readonly plugin: number; readonly name: string };

/** From the thread: a plugin holds the event loop. */
export type Sighting = { readonly plugin: number; readonly heldMs: number };

/** Looks at the cells again and again; gives each call that lasts longer than `heldMs` once. */
export function watchCells(cells: Int32Array, heldMs: number): (nowMs: number) => Sighting | null {
  let call = Number.NaN;
  let sinceMs = 0;
  let told = false;
  return (nowMs) => {
    const current = Atomics.load(cells, CELL.call);
    const plugin = Atomics.load(cells, CELL.plugin);
    if (current !== call) {
      call = current;
      sinceMs = nowMs;
      told = false;
    }
    if (plugin === 0 || told || nowMs - sinceMs < heldMs) return null;
    told = true;
    return { plugin, heldMs: nowMs - sinceMs };
  };
}
