// Prints its resident memory in bytes, as it stands and what of it is needed: of a process that does nothing, or of
// one with a kernel (built JavaScript in the folder given) on a SQLite file, all plugins and 50 agents that have worked.
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

await pause();
const resident = process.memoryUsage.rss();
for (let i = 0; i < 3; i++) {
  globalThis.gc({ type: 'major', execution: 'sync', flavor: 'last-resort' });
  await pause();
}
const needed = process.memoryUsage.rss();
console.log(JSON.stringify({ resident, needed }));
process.exit();

/** Time for what V8 does by itself when nothing is to be done. */
function pause() {
  return new Promise((resolve) => setTimeout(resolve, 200));
}
