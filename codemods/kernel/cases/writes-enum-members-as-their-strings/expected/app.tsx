import { OrchestratorV2 } from 'banyan/kernel';
import { legacyInterface } from 'banyan/adapters';

const orchestrator = legacyInterface('simple_orchestrator', new OrchestratorV2({ agentsMax: 50 }));

export const titles = {
  ['qa_engineer']: 'Quality',
  ['devops_engineer']: `role ${'devops_engineer'}`,
};

export function Badge({ role }: { role: 'backend_developer' | 'frontend_developer' | 'devops_engineer' | 'qa_engineer' }) {
  switch (role) {
    case 'backend_developer':
      return <b data-role={'backend_developer'}>backend</b>;
    default:
      return <Badge role={'qa_engineer'} />;
  }
}

export type Testers = 'qa_engineer' | 'devops_engineer';
export const roles: ('backend_developer' | 'frontend_developer' | 'devops_engineer' | 'qa_engineer')[] = ['frontend_developer'];
export const spawn = (role: 'backend_developer' | 'frontend_developer' | 'devops_engineer' | 'qa_engineer' = 'qa_engineer') => orchestrator.spawn_agent({ role });
export const byRole = new Map<'backend_developer' | 'frontend_developer' | 'devops_engineer' | 'qa_engineer', string>();
