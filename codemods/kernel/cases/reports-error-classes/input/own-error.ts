import { SimpleOrchestratorError } from '@hive/core/simple_orchestrator';
class Error {}
export const a = (e: any) => e instanceof SimpleOrchestratorError;
