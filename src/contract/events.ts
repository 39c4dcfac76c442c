import type { AgentState } from './agents.ts';
import type { TaskState } from './tasks.ts';

export type AgentMoveName =
  | 'spawned'
  | 'ready'
  | 'assigned'
  | 'released'
  | 'stopping'
  | 'stopped'
  | 'failed'
  | 'restarting';

export type TaskMoveName =
  | 'delegated'
  | 'ready'
  | 'started'
  | 'completed'
  | 'failed'
  | 'retrying'
  | 'interrupted'
  | 'reassigned'
  | 'cancelled';

/** One move of one agent or task. Published once it is durable. */
export type KernelEvent = {
  /** Grows by one with every event, over restarts too. */
  readonly sequence: number;
  readonly atMs: number;
  readonly agentId: string | null;
  readonly taskId: string | null;
} & (
  | { readonly kind: `agent.${AgentMoveName}`; readonly from: AgentState | null; readonly to: AgentState }
  | { readonly kind: `task.${TaskMoveName}`; readonly from: TaskState | null; readonly to: TaskState }
) & { readonly detail: string | null };

export type EventStream = {
  /** The sequence of the newest event; 0 before the first. */
  readonly last: number;
  /**
   * Every event after `sequence`, then those to come. The reader pulls, so a slow one costs nothing.
   * @throws {BanyanError} EVENTS_GONE where the events after `sequence` are no longer kept.
   */
  since(sequence: number, options?: { readonly signal?: AbortSignal }): AsyncIterable<KernelEvent>;
};
