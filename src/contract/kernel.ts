/**
 * The kernel as adapters, plugins and the v2 host see it. `src/kernel` implements it; nothing else may be
 * assumed. Plugins and their capabilities come on top: see `Orchestrator` in orchestrator.ts.
 */
import type { Bus } from './bus.ts';

/** Free, caller-given facts (tenant, user, trace...): JSON, kept with the record, never read by the kernel. */
type Attributes = Readonly<Record<string, unknown>>;

/** Milliseconds, or `never` where somebody says so aloud: every deadline is finite by default. */
export type Deadline = number | 'never';

// ── agents ──────────────────────────────────────────────────────────────────────────────────────────

export type AgentState = 'starting' | 'idle' | 'busy' | 'stopping' | 'stopped' | 'failed';

export type Agent = {
  readonly id: string;
  readonly role: string;
  readonly state: AgentState;
  readonly capabilities: readonly string[];
  /** Kind or configured name of its runtime: `manual`, `function`, `process`, `rehearsal`... */
  readonly runtime: string;
  /** Whether it touches nothing outside. Rehearsal agents and tasks meet only each other. */
  readonly rehearsal: boolean;
  /** For the strategy `priority`: larger is chosen first. */
  readonly priority: number;
  /** Its supervision group; `null`: restarted on its own. */
  readonly group: string | null;
  /** How many tasks it runs at once. */
  readonly tasksMax: number;
  /** The tasks it runs now, in the order they were started. */
  readonly taskIds: readonly string[];
  /** The first of `taskIds`. */
  readonly currentTaskId: string | null;
  /** Tasks handed to it since it was spawned. */
  readonly tasksEver: number;
  /** Restarts since it was spawned. */
  readonly restarts: number;
  /** Why it is `failed`. */
  readonly error: Failure | null;
  readonly attributes: Attributes;
  readonly createdAtMs: number;
  /** When it last started or ended a task, moved, or sent a heartbeat. */
  readonly lastActivityAtMs: number;
};

/** What a function runtime runs. A throw fails the attempt; a return value (JSON) completes it. */
export type AgentFunction = (task: Task, run: FunctionRun) => unknown | Promise<unknown>;

export type FunctionRun = {
  /** Aborts when the task is cancelled, interrupted or past its deadline. */
  readonly signal: AbortSignal;
  /** Fencing token of this attempt: hand it on to what can refuse late writers. */
  readonly token: number;
  readonly agent: Agent;
  /** Delegates a child: cancelled with this task, its run deadline no later than this task's. */
  readonly delegate: (request: TaskRequest) => Promise<Task>;
  readonly waitFor: (taskId: string) => Promise<Task>;
  readonly heartbeat: () => void;
};

/** Where an agent's work is done. */
export type RuntimeSpec =
  /** Somebody outside does the work and says so with `completeTask` or `failTask`. */
  | { readonly kind: 'manual' }
  /** In this process. Give it a name in the kernel's `runtimes` when it must outlive a restart of the host. */
  | { readonly kind: 'function'; readonly run: AgentFunction }
  /** A command that speaks JSON lines on stdin and stdout: see docs/kernel.md. */
  | {
      readonly kind: 'process';
      readonly command: string;
      readonly args?: readonly string[];
      readonly cwd?: string;
      /** The whole environment; default: `PATH` alone. */
      readonly env?: Readonly<Record<string, string>>;
    }
  /** Touches nothing outside and answers by itself; `result` is its answer to every task. */
  | { readonly kind: 'rehearsal'; readonly result?: unknown };

/**
 * Whether a failed agent is started again: `permanent` always, also after a normal end; `transient` after a
 * failure; `temporary` never.
 */
export type RestartPolicy = 'permanent' | 'transient' | 'temporary';

export type SpawnRequest = {
  /** Default: a new V2 id. */
  readonly id?: string;
  readonly role: string;
  readonly capabilities?: readonly string[];
  /** A spec, or the name of one in the kernel's `runtimes`. Default `manual`. */
  readonly runtime?: string | RuntimeSpec;
  /** Runs `runtime` as a rehearsal, whatever it is. Default: the kernel's. */
  readonly rehearsal?: boolean;
  /** Default 0. */
  readonly priority?: number;
  /** Default 1. */
  readonly tasksMax?: number;
  readonly group?: string;
  /** Default: the kernel's, `transient`. */
  readonly restart?: RestartPolicy;
  /** Time to become idle, and silence after which it is lost; defaults: the kernel's. */
  readonly deadlines?: { readonly startMs?: Deadline; readonly heartbeatMs?: Deadline };
  readonly attributes?: Attributes;
};

export type ShutdownOptions = {
  /** `true` (default): waits for its running tasks, at most `graceMs`. `false`: at once. */
  readonly graceful?: boolean;
  /** Default: the kernel's, 30 s. */
  readonly graceMs?: number;
  /**
   * What becomes of tasks that still run after that: `cancel` (default), or `redrive` on another agent.
   * Tasks that name this agent and have not started are cancelled.
   */
  readonly unfinished?: 'cancel' | 'redrive';
  readonly reason?: string;
};

// ── tasks ───────────────────────────────────────────────────────────────────────────────────────────

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
 * The last two never touch a task that is more urgent: then the new one waits.
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
  /** When its agent or the host dies in mid-run. Default: the kernel's, `redrive`. */
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

// ── events ──────────────────────────────────────────────────────────────────────────────────────────

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

// ── health ──────────────────────────────────────────────────────────────────────────────────────────

export type HealthState = 'healthy' | 'degraded' | 'unhealthy';

export type PluginHealth = {
  readonly name: string;
  readonly version: string;
  readonly calls: number;
  readonly errors: number;
  readonly timeouts: number;
  readonly p99Ms: number;
  readonly breaker: 'closed' | 'open' | 'half_open';
  /** How often each kind of finding was made of it. */
  readonly findings: Readonly<Record<string, number>>;
  readonly lastFinding: string | null;
};

/** Something is wrong with a plugin's behaviour. docs/plugins.md lists the kinds. */
export type PluginFinding = {
  readonly plugin: string;
  /** A hook, `initialize`, `dispose`, `state`, `repeat:<n>`, `after`, or `capability:<name>`. */
  readonly place: string;
  readonly kind: string;
  readonly message: string;
  readonly atMs: number;
};

/** Somebody should look at it, as long as it stands. */
export type StandingAlert = {
  readonly id: string;
  readonly severity: 'info' | 'warning' | 'critical';
  readonly message: string;
  readonly atMs: number;
  /** Who raised it; `null`: the kernel. */
  readonly plugin: string | null;
};

export type Health = {
  readonly state: HealthState;
  /** Why it is not `healthy`. */
  readonly reasons: readonly string[];
  readonly atMs: number;
  readonly startedAtMs: number;
  readonly agents: {
    readonly byState: Readonly<Record<AgentState, number>>;
    /** Those that count against `max`. */
    readonly counted: number;
    readonly max: number;
  };
  readonly tasks: {
    readonly byState: Readonly<Record<TaskState, number>>;
    readonly queued: number;
    readonly queueMax: number;
    readonly oldestQueuedMs: number;
    /** Since the store was made. */
    readonly delegatedEver: number;
    readonly completedEver: number;
    readonly failedEver: number;
    readonly cancelledEver: number;
  };
  readonly store: { readonly failing: string | null; readonly commits: number; readonly lastSequence: number };
  readonly plugins: readonly PluginHealth[];
  /** Alerts of the kernel, then of the plugins in their order. */
  readonly alerts: readonly StandingAlert[];
  /** The last findings about plugins, oldest first. */
  readonly findings: readonly PluginFinding[];
  /** What plugins added, by plugin name. */
  readonly sections: Readonly<Record<string, unknown>>;
  /** How often each `...Max` was hit. */
  readonly limitsHit: Readonly<Record<string, number>>;
};

// ── the kernel ──────────────────────────────────────────────────────────────────────────────────────

export type AgentFilter = { readonly states?: readonly AgentState[]; readonly role?: string };
export type TaskFilter = {
  readonly states?: readonly TaskState[];
  readonly agentId?: string;
  readonly parentId?: string;
  /** Default 1,000, newest first. */
  readonly limit?: number;
};

/**
 * Everything that changes something resolves once it is durable: what was acknowledged survives a kill -9.
 * Errors are `BanyanError`s; the codes stand with each operation.
 */
export type Kernel = {
  /**
   * Resolves when the agent is idle.
   * @throws DUPLICATE_ID, AT_CAPACITY, VETOED, BAD_INPUT, AGENT_FAILED (it did not start)
   */
  spawnAgent(request: SpawnRequest): Promise<Agent>;
  /**
   * Resolves when the task is recorded: running where an agent was free, else queued or waiting.
   * @throws DUPLICATE_ID, UNKNOWN_AGENT, UNKNOWN_TASK (parent, dependency), NO_AGENT_AVAILABLE, OVERLOADED, VETOED,
   * BAD_INPUT, IDEMPOTENCY_MISMATCH
   */
  delegateTask(request: TaskRequest): Promise<Task>;
  /** @throws UNKNOWN_TASK, ILLEGAL_MOVE (it does not run), STALE_TOKEN, VETOED, BAD_INPUT */
  completeTask(taskId: string, completion?: Completion): Promise<Task>;
  /** Ends the running attempt; the answer says whether another follows (`waiting`). @throws as completeTask */
  failTask(taskId: string, report: FailureReport): Promise<Task>;
  /** Cancels it and all its descendants. @throws UNKNOWN_TASK, ILLEGAL_MOVE (it has ended) */
  cancelTask(taskId: string, reason?: string): Promise<Task>;
  /**
   * Moves a queued or running task to another agent, or (`null`) to whichever the router finds.
   * @throws UNKNOWN_TASK, UNKNOWN_AGENT, NO_AGENT_AVAILABLE (it may not run there), ILLEGAL_MOVE
   */
  reassign(taskId: string, agentId: string | null): Promise<Task>;
  /** Live tasks and the last finished ones. */
  getTask(taskId: string): Task | null;
  listTasks(filter?: TaskFilter): readonly Task[];
  /** Resolves with the task once it has ended, however it did. @throws UNKNOWN_TASK, WAIT_TIMEOUT, ABORTED */
  waitForTask(taskId: string, options?: WaitOptions): Promise<Task>;
  /** Live and failed agents, and the last stopped ones. */
  getAgent(agentId: string): Agent | null;
  /** Without a filter: all but stopped ones, in the order they were spawned. */
  listAgents(filter?: AgentFilter): readonly Agent[];
  /** Says that an agent is alive. @throws UNKNOWN_AGENT */
  heartbeat(agentId: string): void;
  /** Resolves once it is stopped. @throws UNKNOWN_AGENT (also when it is stopped already) */
  shutdownAgent(agentId: string, options?: ShutdownOptions): Promise<Agent>;
  /** Answers within its budget even while a plugin hangs. */
  getHealthStatus(): Promise<Health>;
  readonly events: EventStream;
  readonly bus: Bus;
  /** Stops the runtimes, waits for what is under way to be durable and releases the store. Agents and tasks stay. */
  close(): Promise<void>;
};
