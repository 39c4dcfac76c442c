import * as legacy from '@hive/core/simple_orchestrator';

export const orchestrator: legacy.SimpleOrchestrator = new legacy.SimpleOrchestrator();
export const again = legacy['create_simple_orchestrator']();
export const agent = orchestrator.spawn_agent({ role: legacy.AgentRole.QA_ENGINEER });
