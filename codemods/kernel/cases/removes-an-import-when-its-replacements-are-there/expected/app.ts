// Wiring of the desk.
import { OrchestratorV2 } from 'banyan/kernel';
import { legacyInterface } from 'banyan/adapters';

export const first = legacyInterface('simple_orchestrator', new OrchestratorV2({ agentsMax: 50 }));
export const second = legacyInterface('simple_orchestrator', new OrchestratorV2({ agentsMax: 50 }));
