import { AgentRole } from '@hive/core/simple_orchestrator';
const { QA_ENGINEER } = AgentRole;
export const a = [QA_ENGINEER, AgentRole.QA_ENGINEER];
