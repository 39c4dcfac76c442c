export { SimpleOrchestrator as default } from '@hive/core/simple_orchestrator';
export const patience = 7;
