/**
 * A host that is made to be killed: it opens a kernel on the file it is given, does what it is told, and
 * prints a line for everything that was acknowledged to it.
 */
import { OrchestratorV2, SqliteStore } from '../../../src/kernel/index.ts';
import { tally } from './tally.ts';

const [path, mode, port] = process.argv.slice(2) as [string, keyof typeof MODES, string];
const AGENT = new URL('./agent-process.mjs', import.meta.url).pathname;

/** Says when it has kept the state of a plugin. */
class TellingStore extends SqliteStore {
  override putPluginState(...kept: Parameters<SqliteStore['putPluginState']>): void {
    super.putPluginState(...kept);
    acknowledged('kept', kept[0].name);
  }
}

const kernel = new OrchestratorV2(
  {
    store: new TellingStore(path),
    pluginState: { everyMs: 20 },
    runtimes: { forever: { kind: 'function', run: () => new Promise(() => undefined) } },
  },
  [tally],
);

function acknowledged(what: string, id: string): void {
  process.stdout.write(`${what} ${id}\n`);
}

const MODES = {
  /** Spawns, delegates and completes without end, several at a time. */
  async load(): Promise<void> {
    for (let i = 0; i < 4; i++) acknowledged('spawned', (await kernel.spawnAgent({ role: 'worker', tasksMax: 8 })).id);
    await Promise.all(Array.from({ length: 16 }, loadForEver));
  },
  /** One task of each kind under way. */
  async running(): Promise<void> {
    await kernel.spawnAgent({ id: 'outside', role: 'manual' });
    await kernel.spawnAgent({ id: 'inside', role: 'function', runtime: 'forever', tasksMax: 2 });
    await kernel.delegateTask({ id: 'on-outside', type: 'work', role: 'manual' });
    await kernel.delegateTask({ id: 'redriven', type: 'work', role: 'function' });
    await kernel.delegateTask({ id: 'not-redriven', type: 'work', role: 'function', whenInterrupted: 'fail' });
    await kernel.delegateTask({ id: 'queued', type: 'work', role: 'nobody' });
    await kernel.delegateTask({ id: 'dependent', type: 'work', role: 'manual', dependsOn: [{ taskId: 'on-outside' }] });
    acknowledged('ready', 'all');
  },
  /** Agents that a plugin remembers, until its state was kept. */
  async plugin(): Promise<void> {
    for (const id of ['a1', 'a2', 'a3']) await kernel.spawnAgent({ id, role: 'worker' });
    await kernel.plugins.observed();
    acknowledged('observed', 'all');
  },
  /** Nothing: it has the store. */
  async hold(): Promise<void> {
    await kernel.start();
    acknowledged('holds', String(process.pid));
  },
  /** An agent in a process of its own. */
  async agent(): Promise<void> {
    await kernel.spawnAgent({
      role: 'p',
      runtime: { kind: 'process', command: process.execPath, args: [AGENT, 'stubborn'] },
    });
    for (const type of ['attach', 'leave_orphan']) {
      const task = await kernel.delegateTask({ type, input: Number(port) });
      await kernel.waitForTask(task.id);
    }
  },
};

async function loadForEver(): Promise<void> {
  for (;;) {
    const task = await kernel.delegateTask({ type: 'work', input: { some: 'input' } });
    acknowledged('delegated', task.id);
    if (task.state !== 'running') continue;
    await kernel.completeTask(task.id, { result: 'done' });
    acknowledged('completed', task.id);
  }
}

await MODES[mode]();
// Keeps the process alive: it ends when it is killed.
setInterval(() => undefined, 1e6);
