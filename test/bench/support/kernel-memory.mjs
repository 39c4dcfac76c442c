// Prints its resident memory in bytes: of a process that does nothing, or of one with a kernel (built JavaScript
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

for (let i = 0; i < 3; i++) {
  await new Promise((resolve) => setTimeout(resolve, 100));
  globalThis.gc();
}
console.log(process.memoryUsage.rss());
process.exit();
