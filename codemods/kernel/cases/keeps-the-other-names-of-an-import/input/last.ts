import { retries, SimpleOrchestrator } from './barrel';

export const all = [retries, new SimpleOrchestrator()];
