import fallback, { delay, retries, } from './barrel';
import { OrchestratorV2 } from 'banyan/kernel';
import { legacyInterface } from 'banyan/adapters';

export const all = [fallback, retries, delay, legacyInterface('simple_orchestrator', new OrchestratorV2({ agentsMax: 50 })), 'qa_engineer'];
