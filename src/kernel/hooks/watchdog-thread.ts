/**
 * The watchdog's thread. A timer cannot fire while the event loop is held, so this one looks from outside.
 */
import { writeSync } from 'node:fs';
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { CELL, type PluginNumber, type Sighting, type WatchdogOrders, watchCells } from './watchdog-look.ts';

const { memory, heldMs, pollMs, says } = workerData as WatchdogOrders;
const cells = new Int32Array(memory);
const names = new Map<number, string>();
const look = watchCells(cells, heldMs);

while (Atomics.wait(cells, CELL.stop, 0, pollMs) === 'timed-out') {
  const sighting = look(performance.now());
  if (sighting !== null) tell(sighting);
}

function tell(sighting: Sighting): void {
  Atomics.store(cells, CELL.seen, sighting.plugin);
  if (says)
    writeSync(
      2,
      `plugin ${nameOf(sighting.plugin)} holds the event loop, for ${sighting.heldMs.toFixed(0)} ms so far\n`,
    );
  parentPort?.postMessage(sighting);
}

/** Names are read without an event loop: this thread never returns to its own. */
function nameOf(plugin: number): string {
  if (parentPort === null) return String(plugin);
  for (let next = receiveMessageOnPort(parentPort); next !== undefined; next = receiveMessageOnPort(parentPort)) {
    const { plugin: number, name } = next.message as PluginNumber;
    names.set(number, name);
  }
  return names.get(plugin) ?? String(plugin);
}
