import { SimpleOrchestrator } from '@hive/core/simple_orchestrator';

export const orchestrator = new SimpleOrchestrator();
export const isLegacy = (value: unknown) => value instanceof SimpleOrchestrator;
