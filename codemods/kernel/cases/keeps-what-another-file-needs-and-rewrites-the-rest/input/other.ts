import { AgentRole } from '@hive/core/simple_orchestrator';

export const other = AgentRole.DEVOPS_ENGINEER;
