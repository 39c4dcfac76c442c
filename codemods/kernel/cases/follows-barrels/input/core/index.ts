export { SimpleOrchestrator as Orchestrator, AgentRole } from '@hive/core/simple_orchestrator';
export * as legacy from '@hive/core/simple_orchestrator';
export const retries = 3;
