import { TaskDelegationError } from '@hive/core/simple_orchestrator';

const errors: unknown[] = [];
export const isRefused = () => errors.pop() instanceof TaskDelegationError;
