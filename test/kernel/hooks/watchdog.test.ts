import { describe, expect, it } from 'vitest';
import { startWatchdog } from '../../../src/kernel/hooks/index.ts';
import { CELL, CELLS, watchCells } from '../../../src/kernel/hooks/watchdog-look.ts';
import { load, plugin, spawnEvent } from './support.ts';

describe('the watchdog', () => {
  it('names the plugin that holds the event loop, while it holds it', async () => {
    const watchdog = await startWatchdog({ heldMs: 50, pollMs: 5, says: false });
    /** Holds the event loop until the watchdog has seen it, or for far too long. */
    const holdUntilSeen = () => {
      const givesUpMs = performance.now() + 20_000;
      while (watchdog.lastSeen() === null && performance.now() < givesUpMs);
      return watchdog.lastSeen();
    };
    const seenFromInside: (string | null)[] = [];
    const plugins = await load(
      [
        plugin('harmless', { hooks: { allow_agent_spawn: () => undefined } }),
        plugin('hog', { hooks: { allow_agent_spawn: () => void seenFromInside.push(holdUntilSeen()) } }),
      ],
      { loopWatch: watchdog },
    );
    const told = new Promise((resolve) => watchdog.listen((name) => resolve(name)));
    const operation = plugins.begin();
    operation.guard('allow_agent_spawn', spawnEvent());
    operation.end();
    expect(seenFromInside).toEqual(['hog']);
    expect(await told).toBe('hog');
    expect(plugins.findings()).toContainEqual(expect.objectContaining({ plugin: 'hog', kind: 'held_loop' }));
    await plugins.close();
    await watchdog.stop();
  });

  it('shows the plugin of an outer call again when an inner call ends', async () => {
    const watchdog = await startWatchdog({ heldMs: 50, pollMs: 5, says: false });
    const [outer, inner] = [watchdog.register('outer'), watchdog.register('inner')];
    const told = new Promise((resolve) => watchdog.listen((name) => resolve(name)));
    watchdog.enter(outer);
    watchdog.enter(inner);
    watchdog.leave();
    expect(await told).toBe('outer');
    await watchdog.stop();
  });
});

describe("what the watchdog's thread sees", () => {
  const cells = () => new Int32Array(new SharedArrayBuffer(CELLS * 4));
  const show = (memory: Int32Array, number: number) => {
    memory[CELL.plugin] = number;
    Atomics.add(memory, CELL.call, 1);
  };

  it('is one long call, once', () => {
    const memory = cells();
    const look = watchCells(memory, 50);
    show(memory, 3);
    expect([1_000, 1_049, 1_050, 1_100].map(look)).toEqual([null, null, { plugin: 3, heldMs: 50 }, null]);
  });

  it('is not many short calls of one plugin', () => {
    const memory = cells();
    const look = watchCells(memory, 50);
    const seen = [0, 30, 60, 90, 120].map((nowMs) => {
      show(memory, 3);
      return look(nowMs);
    });
    expect(seen).toEqual([null, null, null, null, null]);
  });

  it('is not an event loop that no plugin holds', () => {
    const memory = cells();
    const look = watchCells(memory, 50);
    show(memory, 0);
    expect([0, 100, 200].map(look)).toEqual([null, null, null]);
  });
});
