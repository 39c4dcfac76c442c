import { create_simple_orchestrator, SimpleOrchestrator } from '@hive/core/simple_orchestrator';
import { cache, sessions } from './infrastructure';

export const injected: SimpleOrchestrator = new SimpleOrchestrator(sessions, cache);
export const made = create_simple_orchestrator(sessions, cache, undefined);
export const spread = new SimpleOrchestrator(...[sessions]);
export const nested = new SimpleOrchestrator(new SimpleOrchestrator(cache));
