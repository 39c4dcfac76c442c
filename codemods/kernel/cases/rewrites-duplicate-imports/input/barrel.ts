export { SimpleOrchestrator as default } from '@hive/core/simple_orchestrator';
export type { AgentRole as Role } from '@hive/core/simple_orchestrator';
