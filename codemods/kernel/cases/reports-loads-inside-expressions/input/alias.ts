import * as legacy from '@hive/core/simple_orchestrator';
import X = legacy.SimpleOrchestrator;
export import Legacy = legacy.SimpleOrchestrator;
export const x = new X();
