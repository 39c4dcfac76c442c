import SimpleOrchestrator, { type AgentInstance, defaults as settings } from '@hive/core/simple_orchestrator';
import * as legacy from '@hive/core/simple_orchestrator';

export const orchestrator = new SimpleOrchestrator();
export const agents: AgentInstance[] = [];
export const all = { ...settings, more: legacy.moreDefaults };
