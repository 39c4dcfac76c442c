import { OrchestratorV2 } from 'banyan/kernel';
import { legacyInterface, type LegacyInterface } from 'banyan/adapters';

export const a = legacyInterface('simple_orchestrator', new OrchestratorV2({ agentsMax: 50 }));
export const b: LegacyInterface<'simple_orchestrator'> = legacyInterface('simple_orchestrator', new OrchestratorV2({ agentsMax: 50 }));
export const c: LegacyInterface<'simple_orchestrator'> = legacyInterface('simple_orchestrator', new OrchestratorV2({ agentsMax: 50 }));
export const d = legacyInterface('simple_orchestrator', new OrchestratorV2({ agentsMax: 50 }));
export const e = legacyInterface('simple_orchestrator', new OrchestratorV2({ agentsMax: 50 }));
