import { AgentRole } from '@hive/core/simple_orchestrator';

export const testers: AgentRole[] = [AgentRole.QA_ENGINEER];
