import { OrchestratorV2 } from 'banyan/kernel';
import { legacyInterface as legacyInterface_1 } from 'banyan/adapters';
const SimpleOrchestrators = { one: legacyInterface_1('simple_orchestrator', new OrchestratorV2({ agentsMax: 50 })) } as const;
function legacyInterface() {} 
export { legacyInterface, SimpleOrchestrators };
