import { OrchestratorV2 } from 'banyan/kernel';
import { legacyInterface } from 'banyan/adapters';

/**
 * @param {import('banyan/adapters').LegacyInterface<'simple_orchestrator'>} orchestrator see {@link SimpleOrchestrator}
 * @param {'backend_developer' | 'frontend_developer' | 'devops_engineer' | 'qa_engineer'} role
 * @returns {Promise<import('banyan/adapters').LegacyInterface<'simple_orchestrator'>[]>}
 */
export async function pool(orchestrator, role) {
  await orchestrator.spawn_agent({ role });
  return [legacyInterface('simple_orchestrator', new OrchestratorV2({ agentsMax: 50 }))];
}
