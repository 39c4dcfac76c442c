import { simple_orchestrator } from './simple_orchestrator';

export const name = simple_orchestrator;
