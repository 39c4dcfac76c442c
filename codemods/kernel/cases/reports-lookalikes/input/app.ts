import { SimpleOrchestrator } from './legacy/simple_orchestrator';

export const orchestrator = new SimpleOrchestrator();
