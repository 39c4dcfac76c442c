import type { OrchestratorV2 } from 'banyan/kernel';
import { legacyInterface } from 'banyan/adapters';
import { SimpleOrchestrator } from '@hive/core/simple_orchestrator';

export function wrap(kernel: OrchestratorV2) {
  return legacyInterface('simple_orchestrator', kernel);
}

export function make() {
  const legacyInterface = 'shadow';
  return [legacyInterface, new SimpleOrchestrator()];
}
