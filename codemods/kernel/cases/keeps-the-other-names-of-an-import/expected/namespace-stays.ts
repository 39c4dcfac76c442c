import * as defaults from './defaults';
import { OrchestratorV2 } from 'banyan/kernel';
import { legacyInterface } from 'banyan/adapters';

export const all = [legacyInterface('simple_orchestrator', new OrchestratorV2({ agentsMax: 50 })), defaults.patience];
