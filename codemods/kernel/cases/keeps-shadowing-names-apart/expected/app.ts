import { OrchestratorV2 } from 'banyan/kernel';
import { legacyInterface } from 'banyan/adapters';

export const outer = legacyInterface('simple_orchestrator', new OrchestratorV2({ agentsMax: 50 }));

export function byParameter(SimpleOrchestrator: new () => object) {
  return new SimpleOrchestrator();
}

export function byBlock() {
  {
    class SimpleOrchestrator {}
    return new SimpleOrchestrator();
  }
}

export function byType<SimpleOrchestrator>(given: SimpleOrchestrator): SimpleOrchestrator {
  const properties = { SimpleOrchestrator: 1 };
  return [given, properties.SimpleOrchestrator][0] as SimpleOrchestrator;
}
