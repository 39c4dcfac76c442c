import type { LegacyModule } from '../module.ts';

export const simpleOrchestrator: LegacyModule = {
  type: 'simple_orchestrator',
  path: 'simple_orchestrator',
  className: 'SimpleOrchestrator',
  construction: { config: { agentsMax: 50 }, plugins: [] },
  methods: ['spawn_agent', 'delegate_task', 'shutdown_agent', 'get_system_status'],
  factories: {
    create: ['create_simple_orchestrator'],
    shared: ['get_simple_orchestrator', 'set_simple_orchestrator'],
  },
  enums: {
    AgentRole: {
      BACKEND_DEVELOPER: 'backend_developer',
      FRONTEND_DEVELOPER: 'frontend_developer',
      DEVOPS_ENGINEER: 'devops_engineer',
      QA_ENGINEER: 'qa_engineer',
    },
  },
  errors: {
    SimpleOrchestratorError: ['SimpleOrchestratorError', 'AgentNotFoundError', 'TaskDelegationError'],
    AgentNotFoundError: ['AgentNotFoundError'],
    TaskDelegationError: ['TaskDelegationError'],
  },
};
