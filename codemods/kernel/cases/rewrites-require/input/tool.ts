export function tool() {
  const { SimpleOrchestrator } = require('@hive/core/simple_orchestrator');
  return new SimpleOrchestrator();
}
