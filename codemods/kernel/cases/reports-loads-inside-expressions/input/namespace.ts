import * as legacy from '@hive/core/simple_orchestrator';

const { SimpleOrchestrator } = legacy;
export const orchestrator = new SimpleOrchestrator();
export const handed = JSON.stringify(legacy);
