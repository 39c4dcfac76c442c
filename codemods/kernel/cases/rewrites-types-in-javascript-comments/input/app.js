import { SimpleOrchestrator, AgentRole } from '@hive/core/simple_orchestrator';

/**
 * @param {SimpleOrchestrator} orchestrator see {@link SimpleOrchestrator}
 * @param {AgentRole} role
 * @returns {Promise<import('@hive/core/simple_orchestrator').SimpleOrchestrator[]>}
 */
export async function pool(orchestrator, role) {
  await orchestrator.spawn_agent({ role });
  return [new SimpleOrchestrator()];
}
