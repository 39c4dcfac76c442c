export { SimpleOrchestrator, AgentRole } from '@hive/core/simple_orchestrator';
export const retries = 3;
export const delay = 5;
export default retries;
