import { create_simple_orchestrator } from './simple_orchestrator.js';

export const orchestrator = create_simple_orchestrator();
