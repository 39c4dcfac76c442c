/** What the desk uses of the legacy package, in one place. */
export { AgentRole, SimpleOrchestrator as Orchestrator } from '@hive/core/simple_orchestrator';
export type { SimpleOrchestratorError } from '@hive/core/simple_orchestrator';
