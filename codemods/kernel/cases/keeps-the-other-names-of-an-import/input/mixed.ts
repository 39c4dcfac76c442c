import {
  // the class
  SimpleOrchestrator, // constructed below
  // the shared one
  get_simple_orchestrator,
  AgentRole,
} from '@hive/core/simple_orchestrator';

export const orchestrator = new SimpleOrchestrator();
export const shared = get_simple_orchestrator();
export const role = AgentRole.QA_ENGINEER;
