import { OrchestratorV2 } from 'banyan/kernel';
import { LegacyError, legacyInterface } from 'banyan/adapters';

const orchestrator = legacyInterface('simple_orchestrator', new OrchestratorV2({ agentsMax: 50 }));

export async function delegate() {
  try {
    return await orchestrator.delegate_task({ task_description: 'd', task_type: 't' });
  } catch (error) {
    if (error instanceof LegacyError && error.type === 'TaskDelegationError') return null;
    if (!(error instanceof LegacyError && ['SimpleOrchestratorError', 'AgentNotFoundError', 'TaskDelegationError'].includes(error.type))) throw error;
    const isBusy = error instanceof LegacyError && error.type === 'TaskDelegationError' || error.message === 'busy';
    const wasBusy = (error instanceof LegacyError && error.type === 'TaskDelegationError') === isBusy;
    return error instanceof LegacyError && error.type === 'TaskDelegationError' ? error.message : [wasBusy];
  }
}
