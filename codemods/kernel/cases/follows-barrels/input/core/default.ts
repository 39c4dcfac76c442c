import { SimpleOrchestrator } from '@hive/core/simple_orchestrator';
export default SimpleOrchestrator;
