import { retries } from '@acme/orchestration';
import { Orchestrator } from '@acme/orchestration-of-others';

export const all = [retries, Orchestrator];
