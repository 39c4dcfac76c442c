import { SimpleOrchestrator } from '@hive/core/simple_orchestrator.js';
export const a = <SimpleOrchestrator>new SimpleOrchestrator();
