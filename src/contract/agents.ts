import type { Attributes, Deadline, Failure, Task, TaskRequest } from './tasks.ts';

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
  /**
   * Delegates a child: cancelled with this task, its run deadline no later than this task's.
   * @throws STALE_TOKEN when this attempt is over, and as delegateTask
   */
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

export type AgentFilter = { readonly states?: readonly AgentState[]; readonly role?: string };
