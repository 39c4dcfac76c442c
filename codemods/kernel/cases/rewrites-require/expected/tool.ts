export function tool() {
  const { OrchestratorV2 } = require('banyan/kernel');
  const { legacyInterface } = require('banyan/adapters');
  return legacyInterface('simple_orchestrator', new OrchestratorV2({ agentsMax: 50 }));
}
