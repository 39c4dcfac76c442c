import { SimpleOrchestrator, AgentRole } from './mine';
import { create_simple_orchestrator } from '@acme/core/simple_orchestrator';
import type { SimpleOrchestratorError } from '@hive/core/simple_orchestrator_enhanced';
import { get_simple_orchestrator } from './generic_simple_orchestrator';

export const all = [new SimpleOrchestrator(), AgentRole.QA_ENGINEER, create_simple_orchestrator(), get_simple_orchestrator()];
export const failed = (error: SimpleOrchestratorError) => error;
