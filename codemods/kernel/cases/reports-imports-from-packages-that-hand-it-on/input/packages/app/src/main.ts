import { Orchestrator } from '@acme/orchestration';

export const orchestrator = new Orchestrator();
