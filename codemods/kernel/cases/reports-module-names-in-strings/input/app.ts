import { SimpleOrchestrator } from '@hive/core/simple_orchestrator';

export const path = require.resolve('@hive/core/simple_orchestrator');
export const externals = ['@hive/core/simple_orchestrator'];
export const orchestrator = new SimpleOrchestrator();
