import { once } from 'node:events';
import type { LoopWatch } from './engine.ts';
import { CELL, CELLS, type PluginNumber, type Sighting, type WatchdogOrders } from './watchdog-look.ts';

export type Watchdog = LoopWatch & {
  /** The plugin that was last seen holding the event loop; known while it still holds it. */
  readonly lastSeen: () => string | null;
  readonly stop: () => Promise<void>;
};

export type WatchdogOptions = {
  /** A call that takes longer is told. Default 200. */
  readonly heldMs?: number;
  /** Default 20. */
  readonly pollMs?: number;
  /** Whether it is also written to standard error while the loop is held. Default `true`. */
  readonly says?: boolean;
};

/**
 * Starts a thread that names the plugin which holds the event loop, while it holds it. Costs about 15 MB and
 * four atomic writes a call: for hosts that run plugins they do not know well.
 */
export async function startWatchdog(options: WatchdogOptions = {}): Promise<Watchdog> {
  const { heldMs = 200, pollMs = 20, says = true } = options;
  const memory = new SharedArrayBuffer(CELLS * Int32Array.BYTES_PER_ELEMENT);
  const cells = new Int32Array(memory);
  const names: string[] = [''];
  const outer: number[] = [];
  const listeners = new Set<(plugin: string, heldMs: number) => void>();
  // Loaded when it is needed: 3 MB that most kernels never use.
  const { Worker } = await import('node:worker_threads');
  const thread = new Worker(threadFile(), {
    workerData: { memory, heldMs, pollMs, says } satisfies WatchdogOrders,
    env: {},
  });
  thread.on('message', ({ plugin, heldMs: held }: Sighting) => {
    for (const listener of listeners) listener(names[plugin] ?? String(plugin), held);
  });
  await once(thread, 'online');
  thread.unref();

  const show = (plugin: number): void => {
    Atomics.store(cells, CELL.plugin, plugin);
    Atomics.add(cells, CELL.call, 1);
  };
  return {
    register: (name) => {
      const plugin = names.push(name) - 1;
      thread.postMessage({ plugin, name } satisfies PluginNumber);
      return plugin;
    },
    enter: (plugin) => {
      outer.push(Atomics.load(cells, CELL.plugin));
      show(plugin);
    },
    leave: () => show(outer.pop() ?? 0),
    listen: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    lastSeen: () => names[Atomics.load(cells, CELL.seen)] || null,
    stop: async () => {
      thread.ref();
      const ended = once(thread, 'exit');
      Atomics.store(cells, CELL.stop, 1);
      Atomics.notify(cells, CELL.stop);
      await ended;
    },
  };
}

/** Beside this file, with its extension: TypeScript in the repository, JavaScript in the package. */
function threadFile(): URL {
  return new URL(import.meta.url.replace(/watchdog(\.\w+)$/, 'watchdog-thread$1'));
}
