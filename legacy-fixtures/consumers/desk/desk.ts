import {
  SimpleOrchestrator, // for the type alone
  TaskDelegationError,
  SimpleOrchestratorError as OrchestratorError,
} from '@hive/core/simple_orchestrator';
import { FIRST_CALLED } from './roster.ts';

export type Ticket = { readonly kind: string; readonly text: string };

/** Hands tickets to agents, and remembers who got none. */
export class Desk {
  readonly #orchestrator: SimpleOrchestrator;
  readonly refused: Ticket[] = [];

  constructor(orchestrator: SimpleOrchestrator) {
    this.#orchestrator = orchestrator;
  }

  async hand(ticket: Ticket): Promise<'handed' | 'refused'> {
    try {
      await this.#orchestrator.delegate_task({
        task_description: ticket.text,
        task_type: ticket.kind,
        preferred_agent_role: FIRST_CALLED[ticket.kind] ?? null,
      });
      return 'handed';
    } catch (error) {
      if (!(error instanceof TaskDelegationError)) throw error;
      this.refused.push(ticket);
      return 'refused';
    }
  }

  async hire(role: Parameters<SimpleOrchestrator['spawn_agent']>[0]['role'], name: string): Promise<string> {
    try {
      return await this.#orchestrator.spawn_agent({ role, agent_id: name });
    } catch (error) {
      return error instanceof OrchestratorError ? `no: ${error.message}` : Promise.reject(error);
    }
  }
}
