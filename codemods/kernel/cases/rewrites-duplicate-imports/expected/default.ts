import { OrchestratorV2 } from 'banyan/kernel';
import { legacyInterface, type LegacyInterface } from 'banyan/adapters';
export const o: LegacyInterface<'simple_orchestrator'> = legacyInterface('simple_orchestrator', new OrchestratorV2({ agentsMax: 50 })); export type R = 'backend_developer' | 'frontend_developer' | 'devops_engineer' | 'qa_engineer' | 'backend_developer' | 'frontend_developer' | 'devops_engineer' | 'qa_engineer';
