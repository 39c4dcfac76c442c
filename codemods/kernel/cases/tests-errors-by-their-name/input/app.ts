import { SimpleOrchestrator, SimpleOrchestratorError, TaskDelegationError } from '@hive/core/simple_orchestrator';

const orchestrator = new SimpleOrchestrator();

export async function delegate() {
  try {
    return await orchestrator.delegate_task({ task_description: 'd', task_type: 't' });
  } catch (error) {
    if (error instanceof TaskDelegationError) return null;
    if (!(error instanceof SimpleOrchestratorError)) throw error;
    const isBusy = error instanceof TaskDelegationError || error.message === 'busy';
    const wasBusy = error instanceof TaskDelegationError === isBusy;
    return error instanceof TaskDelegationError ? error.message : [wasBusy];
  }
}
