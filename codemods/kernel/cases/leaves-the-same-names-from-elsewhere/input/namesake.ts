import { SimpleOrchestrator } from './core/simple_orchestrator';

export const orchestrator = new SimpleOrchestrator();
