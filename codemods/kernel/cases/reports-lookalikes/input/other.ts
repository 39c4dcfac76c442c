import { version } from './legacy/simple_orchestrator';

export const current = version;
