import { AgentRole } from '@hive/core/simple_orchestrator';
import { isTester } from './roles';

export const tested = isTester(AgentRole.QA_ENGINEER);
