import { Orchestrator } from '..';
export const fromParent = new Orchestrator();
