import { AgentRole } from '@hive/core/simple_orchestrator';

export const roles = Object.values(AgentRole);
export const byName = (name: keyof typeof AgentRole) => AgentRole[name];
export const tester: AgentRole = AgentRole.QA_ENGINEER;
export const meta = AgentRole.META_AGENT;
