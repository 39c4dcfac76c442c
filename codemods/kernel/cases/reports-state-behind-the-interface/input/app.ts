import { SimpleOrchestrator } from '@hive/core/simple_orchestrator';

const orchestrator = new SimpleOrchestrator();

export const agents = orchestrator._agents;
export const { _task_assignments: assignments } = orchestrator;
export const spawned = orchestrator.spawnAgent('qa_engineer');
export const written = (orchestrator['_agents'] = {});
export const status = orchestrator.get_system_status();
