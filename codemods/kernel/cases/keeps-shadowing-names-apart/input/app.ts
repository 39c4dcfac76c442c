import { SimpleOrchestrator } from '@hive/core/simple_orchestrator';

export const outer = new SimpleOrchestrator();

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
