import {
  // the class
  // constructed below
  // the shared one
  get_simple_orchestrator,
} from '@hive/core/simple_orchestrator';
import { OrchestratorV2 } from 'banyan/kernel';
import { legacyInterface } from 'banyan/adapters';

export const orchestrator = legacyInterface('simple_orchestrator', new OrchestratorV2({ agentsMax: 50 }));
export const shared = get_simple_orchestrator();
export const role = 'qa_engineer';
