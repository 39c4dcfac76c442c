import { SimpleOrchestrator } from '@hive/core/simple_orchestrator';
export const orchestrator = new SimpleOrchestrator(;
