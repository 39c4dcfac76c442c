import { OrchestratorV2 } from 'banyan/kernel';
import { legacyInterface, type LegacyInterface } from 'banyan/adapters';
export const a = <LegacyInterface<'simple_orchestrator'>>legacyInterface('simple_orchestrator', new OrchestratorV2({ agentsMax: 50 }));
