import fallback, { AgentRole, delay, retries, SimpleOrchestrator, } from './barrel';

export const all = [fallback, retries, delay, new SimpleOrchestrator(), AgentRole.QA_ENGINEER];
