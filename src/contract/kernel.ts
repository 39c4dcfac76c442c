/**
 * The kernel as adapters and plugins see it. `src/kernel` implements it; nothing else may be assumed.
 */

export type AgentState = 'starting' | 'idle' | 'busy' | 'stopping' | 'stopped' | 'failed';
export type TaskState = 'queued' | 'running' | 'completed' | 'failed' | 'cancelled';

export type Agent = {
  readonly id: string;
  readonly role: string;
  readonly state: AgentState;
  readonly capabilities: readonly string[];
  readonly currentTaskId: string | null;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly createdAtMs: number;
  readonly lastActivityAtMs: number;
};

export type Task = {
  readonly id: string;
  readonly type: string;
  readonly description: string;
  readonly state: TaskState;
  /** The agent it runs on, or ran on last. */
  readonly agentId: string | null;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly createdAtMs: number;
};
