import type { OrchestratorV2 } from 'banyan/kernel';
import { legacyInterface, legacyInterface as legacyInterface_1 } from 'banyan/adapters';
import { OrchestratorV2 as OrchestratorV2_1 } from 'banyan/kernel';

export function wrap(kernel: OrchestratorV2) {
  return legacyInterface('simple_orchestrator', kernel);
}

export function make() {
  const legacyInterface = 'shadow';
  return [legacyInterface, legacyInterface_1('simple_orchestrator', new OrchestratorV2_1({ agentsMax: 50 }))];
}
