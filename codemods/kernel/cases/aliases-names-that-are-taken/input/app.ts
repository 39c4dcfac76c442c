import { SimpleOrchestrator } from '@hive/core/simple_orchestrator';

class OrchestratorV2 {}

export function make(legacyInterface: boolean) {
  return legacyInterface ? new SimpleOrchestrator() : new OrchestratorV2();
}

export type LegacyInterface = SimpleOrchestrator;
