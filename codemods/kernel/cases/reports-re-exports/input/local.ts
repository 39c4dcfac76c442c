import { SimpleOrchestrator, AgentRole } from '@hive/core/simple_orchestrator';

export { AgentRole, SimpleOrchestrator as Desk };
export default SimpleOrchestrator;
