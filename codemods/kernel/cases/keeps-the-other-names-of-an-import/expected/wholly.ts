import * as everything from './barrel';
import { OrchestratorV2 } from 'banyan/kernel';
import { legacyInterface } from 'banyan/adapters';

export const all = [everything.retries, legacyInterface('simple_orchestrator', new OrchestratorV2({ agentsMax: 50 }))];
