export { SimpleOrchestrator as Orchestrator } from '@hive/core/simple_orchestrator';
