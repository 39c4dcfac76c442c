/**
 * A kernel with a third-party plugin, in a process of its own: it says which process hosts the plugin, then does as
 * it is told. Plain JavaScript: it runs against the sources and against the built package.
 */
const [kernelModule, hostModule, file, mode] = process.argv.slice(2);
const { OrchestratorV2 } = await import(kernelModule);
const { PluginHost } = await import(hostModule);

const pluginHost = new PluginHost({ log: (_plugin, line) => process.stderr.write(`${line}\n`) });
const orchestrator = new OrchestratorV2({ pluginHost });
await orchestrator.loadPlugin(await pluginHost.open({ file }));
process.stdout.write(`${pluginHost.pid}\n`);

if (mode === 'close') {
  const agent = await orchestrator.spawnAgent({ role: 'worker' });
  await orchestrator.plugins.observed();
  const health = await orchestrator.getHealthStatus();
  process.stdout.write(`${JSON.stringify({ agent: agent.attributes, plugins: health.plugins })}\n`);
  await orchestrator.close();
}
