import { AgentRole, SimpleOrchestrator } from '@hive/core/simple_orchestrator';

const orchestrator = new SimpleOrchestrator();

export const titles = {
  [AgentRole.QA_ENGINEER]: 'Quality',
  [AgentRole['DEVOPS_ENGINEER']]: `role ${AgentRole.DEVOPS_ENGINEER}`,
};

export function Badge({ role }: { role: AgentRole }) {
  switch (role) {
    case AgentRole.BACKEND_DEVELOPER:
      return <b data-role={AgentRole.BACKEND_DEVELOPER}>backend</b>;
    default:
      return <Badge role={AgentRole.QA_ENGINEER} />;
  }
}

export type Testers = AgentRole.QA_ENGINEER | AgentRole.DEVOPS_ENGINEER;
export const roles: AgentRole[] = [AgentRole.FRONTEND_DEVELOPER];
export const spawn = (role: AgentRole = AgentRole.QA_ENGINEER) => orchestrator.spawn_agent({ role });
export const byRole = new Map<AgentRole, string>();
