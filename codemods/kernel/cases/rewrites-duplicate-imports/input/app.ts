import { SimpleOrchestrator } from '@hive/core/simple_orchestrator';
import { SimpleOrchestrator as Again, SimpleOrchestrator as Third } from '@hive/core/simple_orchestrator';
export const all = [new SimpleOrchestrator(), new Again(), new Third()];
