import { AgentRole } from '@hive/core/simple_orchestrator';

export const all = Object.values(AgentRole);
export function isTester(role: AgentRole): boolean {
  return role === AgentRole.QA_ENGINEER;
}
