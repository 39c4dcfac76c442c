/** The legacy module as the package `@hive/core` gives it to TypeScript callers. */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type AgentRole as Role,
  SimpleOrchestrator as Orchestrator,
  SimpleOrchestratorError,
  type SystemStatus,
  TaskDelegationError,
  type TaskPriority,
} from '../../simple_orchestrator/orchestrator.ts';

export { SimpleOrchestratorError, TaskDelegationError };

export class AgentNotFoundError extends SimpleOrchestratorError {
  override name = 'AgentNotFoundError';
}

export const AgentRole = {
  BACKEND_DEVELOPER: 'backend_developer',
  FRONTEND_DEVELOPER: 'frontend_developer',
  DEVOPS_ENGINEER: 'devops_engineer',
  QA_ENGINEER: 'qa_engineer',
} as const;
export type AgentRole = Role;

export class SimpleOrchestrator {
  readonly #orchestrator = new Orchestrator({
    nowMicros: () => Math.round((performance.timeOrigin + performance.now()) * 1000),
    newId: randomUUID,
    sleep: (ms) => sleep(ms),
  });

  spawn_agent({ role, agent_id = null }: { role: Role; agent_id?: string | null }): Promise<string> {
    return this.#orchestrator.spawnAgent(role, agent_id);
  }

  delegate_task(given: {
    task_description: string;
    task_type: string;
    priority?: TaskPriority;
    preferred_agent_role?: Role | null;
  }): Promise<string> {
    const { task_description, task_type, priority, preferred_agent_role } = given;
    return this.#orchestrator.delegateTask(task_description, task_type, priority, preferred_agent_role);
  }

  shutdown_agent({ agent_id, graceful }: { agent_id: string; graceful?: boolean }): Promise<boolean> {
    return this.#orchestrator.shutdownAgent(agent_id, graceful);
  }

  get_system_status(): Promise<SystemStatus> {
    return this.#orchestrator.getSystemStatus();
  }
}

export function create_simple_orchestrator(): SimpleOrchestrator {
  return new SimpleOrchestrator();
}
