import { type SimpleOrchestrator as Legacy, type AgentRole } from '@hive/core/simple_orchestrator';

export type Staff = { readonly orchestrator: Legacy; readonly roles: AgentRole[] };
