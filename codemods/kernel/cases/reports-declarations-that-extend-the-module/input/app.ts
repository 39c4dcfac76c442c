import { SimpleOrchestrator } from '@hive/core/simple_orchestrator';

declare module '@hive/core/simple_orchestrator' {
  interface SimpleOrchestrator {
    readonly desk: string;
  }
}

export const orchestrator = new SimpleOrchestrator();
