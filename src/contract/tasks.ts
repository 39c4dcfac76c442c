/** Free, caller-given facts (tenant, user, trace...): JSON, kept with the record, never read by the kernel. */
export type Attributes = Readonly<Record<string, unknown>>;

/** Milliseconds, or `never` where somebody says so aloud: every deadline is finite by default. */
export type Deadline = number | 'never';

/** `waiting`: for the tasks it depends on, or for its next attempt. */
export type TaskState = 'waiting' | 'queued' | 'running' | 'completed' | 'failed' | 'cancelled';

/** Names for priorities, for people; any integer will do. */
export const PRIORITY = { bulk: 0, low: 25, normal: 50, high: 75, critical: 100 } as const;

export type StrategyName = 'first_free' | 'least_loaded' | 'round_robin' | 'affinity' | 'priority';

/**
 * What to do when every agent that may run a task is busy:
 * - `enqueue`: wait in the queue
 * - `reject`: NO_AGENT_AVAILABLE
 * - `interrupt`: put the least urgent running task back to the head of the queue and take its place
 * - `replace`: cancel the least urgent running task and take its place
 * The last two never touch a task that is more urgent, and `interrupt` none whose `whenInterrupted` is `fail`: then
 * the new one waits.
 */
export type BusyPolicy = 'enqueue' | 'reject' | 'interrupt' | 'replace';

export type Dependency = {
  readonly taskId: string;
  /** What becomes of the dependent when this one fails or is cancelled. Default `fail`. */
  readonly otherwise?: 'fail' | 'cancel' | 'run';
};

export type TaskDeadlines = {
  /** Of one stay in the queue. */
  readonly queueMs: Deadline;
  /** Of one attempt. */
  readonly runMs: Deadline;
};

export type Retry = {
  /** Attempts that end in failure, the first included. Default 1: work may have side effects. */
  readonly attemptsMax: number;
  /** Upper bound of the first pause; it doubles with every attempt. The pause is drawn between 0 and the bound. */
  readonly pauseMs: number;
  readonly pauseMsMax: number;
  /** Failure codes that are final at once. */
  readonly finalCodes: readonly string[];
};

export type TaskRequest = {
  /** Default: a new V2 id. */
  readonly id?: string;
  /** The second request with a key is answered with the first one's task. */
  readonly idempotencyKey?: string;
  readonly type: string;
  readonly description?: string;
  /** JSON. */
  readonly input?: unknown;
  /** Default 50, `PRIORITY.normal`. Larger runs earlier; waiting tasks age, so every one runs at last. */
  readonly priority?: number;
  /** Only this agent may run it. */
  readonly agentId?: string;
  /** Only agents of this role may run it. */
  readonly role?: string;
  /** Agents of this role are chosen first. */
  readonly preferredRole?: string;
  /** Its agent has all of these. */
  readonly capabilities?: readonly string[];
  /** Default: the kernel's, `least_loaded`. */
  readonly strategy?: StrategyName;
  /** For the strategy `affinity`: tasks of one key go to one agent while that is free. */
  readonly affinityKey?: string;
  /** Default: the kernel's, `enqueue`. */
  readonly whenBusy?: BusyPolicy;
  /** Cancelled with its parent; its run deadline is no later than its parent's. */
  readonly parentId?: string;
  readonly dependsOn?: readonly Dependency[];
  readonly deadlines?: Partial<TaskDeadlines>;
  readonly retry?: Partial<Retry>;
  /**
   * When its agent or the host dies in mid-run. `fail` also keeps it from being interrupted or reassigned while it
   * runs. Default: the kernel's, `redrive`.
   */
  readonly whenInterrupted?: 'redrive' | 'fail';
  /** For rehearsal agents only. Default: the kernel's. */
  readonly rehearsal?: boolean;
  readonly attributes?: Attributes;
  /** Cancels the task when it aborts. */
  readonly signal?: AbortSignal;
};

/** A failure as data: no stack, no live object. */
export type Failure = { readonly code: string; readonly message: string; readonly retryable: boolean };

export type AttemptEnd = 'completed' | 'failed' | 'interrupted' | 'cancelled';

export type Attempt = {
  /** Fencing token: larger than that of every attempt before it. */
  readonly token: number;
  readonly agentId: string;
  readonly startedAtMs: number;
  /** `null` while it runs. */
  readonly endedAtMs: number | null;
  readonly end: AttemptEnd | null;
  readonly error: Failure | null;
};

export type Task = {
  readonly id: string;
  readonly type: string;
  readonly description: string;
  readonly input: unknown;
  readonly state: TaskState;
  readonly priority: number;
  /** The agent it runs on, or ran on last, or must run on. */
  readonly agentId: string | null;
  /** Only agents of this role may run it. */
  readonly role: string | null;
  readonly capabilities: readonly string[];
  readonly parentId: string | null;
  readonly dependsOn: readonly Dependency[];
  readonly rehearsal: boolean;
  readonly deadlines: TaskDeadlines;
  /** What its agent answered, once `completed`. */
  readonly result: unknown;
  /** Why it is `failed`, or why its last attempt failed. */
  readonly error: Failure | null;
  /** Why it is `cancelled`. */
  readonly reason: string | null;
  /** Fencing token of the running attempt. */
  readonly token: number | null;
  /** The last ones, oldest first. */
  readonly attempts: readonly Attempt[];
  readonly attemptsEver: number;
  readonly attributes: Attributes;
  readonly createdAtMs: number;
  /** Start of its last attempt. */
  readonly startedAtMs: number | null;
  readonly finishedAtMs: number | null;
};

/** Codes of failures that the kernel itself gives a task or an agent. */
export const FAILURES = {
  queue_deadline: 'it waited for an agent longer than its queue deadline',
  run_deadline: 'an attempt ran longer than its run deadline',
  start_deadline: 'the agent did not become idle within its start deadline',
  heartbeat_lost: 'the agent was silent for longer than its heartbeat deadline',
  agent_failed: 'the agent that ran it failed',
  agent_stopped: 'the agent that it named was shut down',
  host_died: 'the host died while it ran',
  interrupted_too_often: 'it was interrupted more often than redrivesMax',
  dependency_failed: 'a task that it depends on failed or was cancelled',
  start_failed: 'the runtime could not start the agent',
  process_ended: 'the process of the agent ended',
  not_restorable: 'the agent ran a function without a name, which no restart can find again',
  escalated: 'its supervision group failed more often than its limit allows',
  task_error: 'the work itself failed',
  bad_result: 'the agent answered something that is no JSON or is too large',
} as const;
export type FailureCode = keyof typeof FAILURES;

export type Completion = {
  /** JSON. */
  readonly result?: unknown;
  /** From `task.token`: a report of an earlier attempt is refused with STALE_TOKEN. */
  readonly token?: number;
};

export type FailureReport = {
  readonly message: string;
  /** Default `task_error`. */
  readonly code?: string;
  /** `false`: final whatever the retry policy says. Default `true`. */
  readonly retryable?: boolean;
  readonly token?: number;
};

export type WaitOptions = {
  /** WAIT_TIMEOUT after that; the task itself goes on. Default: the kernel's, 10 min. */
  readonly timeoutMs?: Deadline;
  /** Stops waiting; the task itself goes on. */
  readonly signal?: AbortSignal;
};

export type TaskFilter = {
  readonly states?: readonly TaskState[];
  readonly agentId?: string;
  readonly parentId?: string;
  /** Default 1,000, newest first. */
  readonly limit?: number;
};
