import type { Agent, FunctionRun, RuntimeSpec } from '../../contract/agents.ts';
import type { Failure, Task } from '../../contract/tasks.ts';
import type { Clock } from '../clock.ts';

/** One attempt as its runtime sees it. */
export type Attempt = {
  /** Fencing token. */
  readonly token: number;
  /** Aborts when the attempt is over for the kernel; the runtime ends it as soon as it can. */
  readonly signal: AbortSignal;
};

/** An agent's runtime while the agent lives. */
export type Session = {
  /** Whether the work goes on when this process dies. */
  readonly outlivesHost: boolean;
  /**
   * Does a task. Resolves with its result, rejects with why it failed (a `RunFailure` says more).
   * `null`: somebody outside does it and tells the kernel.
   */
  run(task: Task, attempt: Attempt): Promise<unknown> | null;
  /** A run did not stop when asked: ends the whole session, which the kernel then hears of as any other end. */
  force?(): void;
  /** Ends it: kindly, and by force after `graceMs`. Resolves when nothing of it is left. */
  stop(graceMs: number): Promise<void>;
};

/** What a session may ask of the kernel. */
export type SessionHost = {
  readonly clock: Clock;
  /** Time between asking a run to stop and stopping it by force. */
  readonly killMs: number;
  readonly resultBytesMax: number;
  readonly limitHit: (name: string) => void;
  /** The session ended by itself; `null`: as it should. */
  readonly ended: (failure: Failure | null) => void;
  readonly heartbeat: () => void;
  readonly functionRun: (task: Task, attempt: Attempt) => FunctionRun;
  /** For rehearsals: what the kernel's config says they answer. */
  readonly rehearse: (task: Task) => unknown;
};

export type RuntimeKind = RuntimeSpec['kind'];

/** Starts an agent's session; resolves when it can take tasks. */
export type StartSession<K extends RuntimeKind> = (
  spec: Extract<RuntimeSpec, { kind: K }>,
  agent: Agent,
  host: SessionHost,
  signal: AbortSignal,
) => Session | Promise<Session>;

/** Why a run failed, where its runtime knows. */
export class RunFailure extends Error {
  readonly failure: Failure;

  constructor(failure: Failure) {
    super(failure.message);
    this.name = 'RunFailure';
    this.failure = failure;
  }
}

/** A throw becomes a failure here, whatever was thrown. */
export function failureOf(error: unknown): Failure {
  if (error instanceof RunFailure) return error.failure;
  const thrown = error as { code?: unknown; message?: unknown; retryable?: unknown } | null | undefined;
  return {
    code: typeof thrown?.code === 'string' ? thrown.code : 'task_error',
    message: error instanceof Error ? error.message : String(error),
    retryable: thrown?.retryable !== false,
  };
}
