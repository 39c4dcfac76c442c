import { SimpleOrchestrator } from '@hive/core/simple_orchestrator';
export const b = new SimpleOrchestrator()!;
