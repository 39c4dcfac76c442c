import { SimpleOrchestrator, SimpleOrchestratorError, TaskDelegationError } from '@hive/core/simple_orchestrator';

const orchestrator = new SimpleOrchestrator();

export async function delegate(): Promise<TaskDelegationError | undefined> {
  try {
    await orchestrator.delegate_task({});
  } catch (error) {
    if (error instanceof TaskDelegationError) throw new SimpleOrchestratorError('busy');
    expect(error).toBeInstanceOf(TaskDelegationError);
  }
}
