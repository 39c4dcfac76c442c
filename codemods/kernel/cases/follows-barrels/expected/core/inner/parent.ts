import { OrchestratorV2 } from 'banyan/kernel';
import { legacyInterface } from 'banyan/adapters';
export const fromParent = legacyInterface('simple_orchestrator', new OrchestratorV2({ agentsMax: 50 }));
