import * as everything from './barrel';

export const all = [everything.retries, new everything.SimpleOrchestrator()];
