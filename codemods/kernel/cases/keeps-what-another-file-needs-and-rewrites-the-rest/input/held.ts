import { AgentRole } from '@hive/core/simple_orchestrator';
import { testers } from './roles';

const first: AgentRole | undefined = testers[0];
export const isComplete = Object.values(AgentRole).every((role) => role === first);
