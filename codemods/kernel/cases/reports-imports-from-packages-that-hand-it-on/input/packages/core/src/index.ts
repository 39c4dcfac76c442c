export { SimpleOrchestrator as Orchestrator } from '@hive/core/simple_orchestrator';
export const retries = 3;
