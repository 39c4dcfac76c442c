export async function lazily() {
  const { SimpleOrchestrator } = await import('@hive/core/simple_orchestrator');
  const orchestrator = new SimpleOrchestrator();
  return orchestrator.get_system_status();
}

export async function wholly() {
  const legacy = await import('@hive/core/simple_orchestrator');
  return legacy.createSimpleOrchestrator();
}
