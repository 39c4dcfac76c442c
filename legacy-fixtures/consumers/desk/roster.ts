import { AgentRole } from './core/index.ts';

/** Who is called first for which kind of task. */
export const FIRST_CALLED: Readonly<Record<string, AgentRole>> = {
  outage: AgentRole.DEVOPS_ENGINEER,
  regression: AgentRole.QA_ENGINEER,
  layout: AgentRole.FRONTEND_DEVELOPER,
};

export function rolesFor(kinds: readonly string[], otherwise: AgentRole = AgentRole.BACKEND_DEVELOPER): AgentRole[] {
  return kinds.map((kind) => FIRST_CALLED[kind] ?? otherwise);
}
