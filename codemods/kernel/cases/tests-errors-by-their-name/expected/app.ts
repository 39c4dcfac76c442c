import { OrchestratorV2 } from 'banyan/kernel';
import { legacyInterface } from 'banyan/adapters';

const orchestrator = legacyInterface('simple_orchestrator', new OrchestratorV2({ agentsMax: 50 }));

export async function delegate() {
  try {
    return await orchestrator.delegate_task({ task_description: 'd', task_type: 't' });
  } catch (error) {
    if (error instanceof Error && error.name === 'TaskDelegationError') return null;
    if (!(error instanceof Error && ['SimpleOrchestratorError', 'AgentNotFoundError', 'TaskDelegationError'].includes(error.name))) throw error;
    const isBusy = (error instanceof Error && error.name === 'TaskDelegationError') || error.message === 'busy';
    const wasBusy = (error instanceof Error && error.name === 'TaskDelegationError') === isBusy;
    return error instanceof Error && error.name === 'TaskDelegationError' ? error.message : [wasBusy];
  }
}
