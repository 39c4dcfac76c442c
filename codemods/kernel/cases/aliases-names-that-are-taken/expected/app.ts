import { OrchestratorV2 as OrchestratorV2_1 } from 'banyan/kernel';
import { legacyInterface as legacyInterface_1, type LegacyInterface as LegacyInterface_1 } from 'banyan/adapters';

class OrchestratorV2 {}

export function make(legacyInterface: boolean) {
  return legacyInterface ? legacyInterface_1('simple_orchestrator', new OrchestratorV2_1({ agentsMax: 50 })) : new OrchestratorV2();
}

export type LegacyInterface = LegacyInterface_1<'simple_orchestrator'>;
