import { AgentRole } from '@hive/core/simple_orchestrator';
export const a: Record<AgentRole, number> = { [AgentRole.QA_ENGINEER]: 1 } as any;
export type M = { [K in AgentRole]?: number };
export const b = AgentRole.QA_ENGINEER as AgentRole, c = <AgentRole>'qa_engineer', d = AgentRole.QA_ENGINEER.length, e = AgentRole.QA_ENGINEER in a, f = a[AgentRole.QA_ENGINEER], g = AgentRole.QA_ENGINEER!;
export type T = `${AgentRole}-x` | keyof { [AgentRole.QA_ENGINEER]: 1 } | (AgentRole | null)[] | readonly AgentRole[] | (() => AgentRole);
export function h(role?: AgentRole, ...roles: AgentRole[]): role is AgentRole.QA_ENGINEER { return roles.includes(role!); }
