// Prints its resident memory in bytes, what it keeps and what it needs: of a process that does nothing, or of one with a kernel (built JavaScript
// in the folder given) on a SQLite file, all plugins and 50 agents that have worked.
const [built, store] = process.argv.slice(2);

if (built !== undefined) {
  const { OrchestratorV2 } = await import(`${built}/src/kernel/index.js`);
  const { PLUGINS } = await import(`${built}/src/plugins/index.js`);
  const kernel = new OrchestratorV2({ store }, Object.values(PLUGINS));
  for (let i = 0; i < 50; i++) await kernel.spawnAgent({ role: 'worker', capabilities: ['sql'], attributes: { i } });
  for (let i = 0; i < 500; i++) {
    const task = await kernel.delegateTask({ type: 'work', input: { i } });
    if (i < 450) await kernel.completeTask(task.id, { result: { i } });
  }
  globalThis.kernel = kernel;
}

// A collection as V8 makes it on its own, then one that gives back what it keeps for what may come.
const collected = async (options) => {
  for (let i = 0; i < 3; i++) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    globalThis.gc(options);
  }
  return process.memoryUsage.rss();
};
const kept = await collected();
const needed = await collected({ type: 'major', execution: 'sync', flavor: 'last-resort' });
console.log(JSON.stringify({ kept, needed }));
process.exit();
