export { SimpleOrchestrator as Desk } from '@core/simple_orchestrator';
