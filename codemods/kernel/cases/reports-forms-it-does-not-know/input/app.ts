import { AgentRole, createSimpleOrchestrator, SimpleOrchestrator } from '@hive/core/simple_orchestrator';

export const generic = new SimpleOrchestrator<string>();
export const typed = createSimpleOrchestrator<string>();
export const twice = new new SimpleOrchestrator()();
export let list: SimpleOrchestrator<string>[];
export const role = AgentRole./* which */ QA_ENGINEER;
