import { AgentRole } from '@hive/core/simple_orchestrator';

AgentRole.QA_ENGINEER = 'tester';
delete AgentRole.DEVOPS_ENGINEER;
AgentRole.BACKEND_DEVELOPER;
export const role = AgentRole?.FRONTEND_DEVELOPER;
