import { TaskDelegationError } from '@hive/core/simple_orchestrator';

export const status = (error: unknown) => (error instanceof TaskDelegationError ? 409 : 500);
