import { OrchestratorV2 } from 'banyan/kernel';
import { legacyInterface, type LegacyInterface } from 'banyan/adapters';

export const orchestrator: LegacyInterface<'simple_orchestrator'> = legacyInterface('simple_orchestrator', new OrchestratorV2({ agentsMax: 50 }));
export const again = legacyInterface('simple_orchestrator', new OrchestratorV2({ agentsMax: 50 }));
export const agent = orchestrator.spawn_agent({ role: 'qa_engineer' });
