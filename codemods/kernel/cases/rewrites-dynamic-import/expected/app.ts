export async function lazily() {
  const { OrchestratorV2 } = await import('banyan/kernel');
  const { legacyInterface } = await import('banyan/adapters');
  const orchestrator = legacyInterface('simple_orchestrator', new OrchestratorV2({ agentsMax: 50 }));
  return orchestrator.get_system_status();
}

export async function wholly() {
  const { OrchestratorV2: OrchestratorV2_1 } = await import('banyan/kernel');
  const { legacyInterface: legacyInterface_1 } = await import('banyan/adapters');
  return legacyInterface_1('simple_orchestrator', new OrchestratorV2_1({ agentsMax: 50 }));
}
