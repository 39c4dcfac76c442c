export { SimpleOrchestrator as Desk, AgentRole } from '@hive/core/simple_orchestrator';
export * from '@hive/core/simple_orchestrator';
export * as legacy from '@hive/core/simple_orchestrator';
export type { SimpleOrchestratorError } from '@hive/core/simple_orchestrator';
