/**
 * The hooks of the kernel, as data: when each fires, of what kind it is, what its event holds, what a
 * plugin may change there and how long it may take. A plugin implements any subset of them.
 */
import type { Agent, AgentState } from './agents.ts';
import type { HealthState } from './health.ts';
import type { Deadline, Failure, Task } from './tasks.ts';

/**
 * - `observe`: told afterwards; never awaited by the call, its queue is bounded
 * - `guard`: may veto; runs after the transforms, so what it allows is what is done
 * - `transform`: returns a patch of the fields listed here; each plugin sees the patches before it
 * - `decide`: the first answer wins
 */
export type HookKind = 'observe' | 'guard' | 'transform' | 'decide';

/** Free, caller-given facts: tenant, user, trace... */
export type Attributes = Readonly<Record<string, unknown>>;

/** An agent that is about to be spawned. */
export type AgentSpawnEvent = {
  readonly agentId: string;
  readonly role: string;
  readonly capabilities: readonly string[];
  /** Kind or configured name of its runtime: `manual`, `function`, `process`, `rehearsal`... */
  readonly runtime: string;
  /** Whether it will touch nothing outside. */
  readonly rehearsal: boolean;
  readonly attributes: Attributes;
};

/** A task that is about to be queued or handed to an agent. */
export type TaskDelegateEvent = {
  readonly taskId: string;
  readonly type: string;
  readonly description: string;
  readonly input: unknown;
  /** Larger runs earlier. */
  readonly priority: number;
  /** Capabilities that its agent must have. */
  readonly capabilities: readonly string[];
  /** Only this agent may run it. */
  readonly agentId: string | null;
  /** Only agents of this role may run it. */
  readonly role: string | null;
  /** Agents of this role are chosen first. */
  readonly preferredRole: string | null;
  readonly rehearsal: boolean;
  /** Deadline of one attempt. */
  readonly runMs: Deadline;
  readonly attributes: Attributes;
};

/** A task whose agent reports a result that is not yet recorded. */
export type TaskCompleteEvent = {
  readonly task: Task;
  readonly result: unknown;
  readonly runMs: number;
};

export type PerformanceMetric = {
  /** `spawn_ms`, `delegate_ms`, `queue_ms`, `run_ms`, or a name of the emitting plugin. */
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly agentId: string | null;
  readonly taskId: string | null;
  readonly atMs: number;
};

export type Alert = {
  /** Unique among the alerts that stand: `<plugin>:<rule>` or `kernel:<rule>`. */
  readonly id: string;
  readonly severity: 'info' | 'warning' | 'critical';
  readonly message: string;
  readonly atMs: number;
};

/** A step of a workflow moved. */
export type WorkflowStep = {
  readonly workflowId: string;
  readonly step: string;
  readonly state: 'started' | 'completed' | 'failed' | 'skipped';
  /** The task that does it, where one does. */
  readonly taskId: string | null;
  readonly atMs: number;
};

/** Event type of every hook. */
export type HookEvents = {
  before_agent_spawn: AgentSpawnEvent;
  allow_agent_spawn: AgentSpawnEvent;
  on_agent_spawned: { readonly agent: Agent };
  on_agent_status_changed: { readonly agent: Agent; readonly from: AgentState; readonly to: AgentState };
  on_agent_heartbeat_lost: { readonly agent: Agent; readonly silentMs: number };
  on_agent_failure: { readonly agent: Agent; readonly error: Failure };
  on_agent_stopped: { readonly agent: Agent; readonly reason: string };
  on_capacity_reached: { readonly agents: number; readonly agentsMax: number };

  before_task_delegate: TaskDelegateEvent;
  allow_task_delegate: TaskDelegateEvent;
  choose_agent: {
    readonly task: Task;
    /** Agents that may run it: capabilities match and they can take a task. */
    readonly candidates: readonly Agent[];
  };
  on_task_queued: { readonly task: Task; readonly queued: number };
  on_no_agent_available: { readonly task: Task; readonly capabilities: readonly string[] };
  on_task_delegated: { readonly task: Task; readonly agent: Agent };
  on_task_reassigned: { readonly task: Task; readonly fromAgentId: string; readonly toAgentId: string };
  before_task_complete: TaskCompleteEvent;
  allow_task_complete: TaskCompleteEvent;
  on_task_completed: { readonly task: Task; readonly result: unknown; readonly runMs: number };
  on_task_failed: {
    readonly task: Task;
    readonly error: Failure;
    /** 1 for the first. */
    readonly attempt: number;
    readonly willRetry: boolean;
  };
  on_task_cancelled: { readonly task: Task; readonly reason: string };

  on_message_sent: { readonly topic: string; readonly from: string | null; readonly subscribers: number };
  on_performance_metric: PerformanceMetric;
  on_health_check: {
    readonly atMs: number;
    /** Section of each plugin, by plugin name. */
    readonly sections: Readonly<Record<string, unknown>>;
  };
  on_health_changed: { readonly from: HealthState; readonly to: HealthState; readonly reasons: readonly string[] };
  on_alert_raised: Alert;
  on_alert_resolved: { readonly id: string; readonly atMs: number };

  on_session_started: { readonly sessionId: string; readonly agentIds: readonly string[]; readonly atMs: number };
  on_session_ended: { readonly sessionId: string; readonly reason: string; readonly atMs: number };
  on_sleep: { readonly agentId: string; readonly reason: string; readonly atMs: number };
  on_wake: { readonly agentId: string; readonly reason: string; readonly atMs: number };
  on_workflow_step: WorkflowStep;
  on_workflow_finished: {
    readonly workflowId: string;
    readonly state: 'completed' | 'failed' | 'cancelled';
    readonly atMs: number;
  };
};

export type HookName = keyof HookEvents;

/** What a patched value must be; anything else is refused and counted. */
export type FieldShape = 'name' | 'name_or_null' | 'names' | 'boolean' | 'integer' | 'deadline' | 'record' | 'any';

export type HookRow = {
  readonly kind: HookKind;
  /** Transforms: the fields a patch may hold. Empty for the other kinds. */
  readonly fields: Readonly<Record<string, FieldShape>>;
  /** What one plugin may take for one call unless it declares less or more. */
  readonly budgetMs: number;
  /** Who fires it; plugins fire theirs with `context.emit`. */
  readonly firedBy: 'kernel' | 'plugins' | 'both';
  readonly says: string;
};

const observe = <F extends HookRow['firedBy'] = 'kernel'>(says: string, firedBy: F = 'kernel' as F) =>
  ({ kind: 'observe', fields: {}, budgetMs: 1_000, firedBy: firedBy as NoInfer<F>, says }) as const;
const guard = (says: string) => ({ kind: 'guard', fields: {}, budgetMs: 50, firedBy: 'kernel', says }) as const;

export const HOOKS = {
  before_agent_spawn: {
    kind: 'transform',
    fields: { role: 'name', capabilities: 'names', runtime: 'name', rehearsal: 'boolean', attributes: 'record' },
    budgetMs: 50,
    firedBy: 'kernel',
    says: 'an agent is about to be spawned; change what it will be',
  },
  allow_agent_spawn: guard('an agent is about to be spawned as the transforms left it; veto it'),
  on_agent_spawned: observe('an agent was spawned and is idle'),
  on_agent_status_changed: observe('an agent moved from one state to another'),
  on_agent_heartbeat_lost: observe('an agent was silent for longer than its heartbeat deadline'),
  on_agent_failure: observe('an agent failed'),
  on_agent_stopped: observe('an agent was shut down'),
  on_capacity_reached: observe('a spawn was refused because the agent limit is reached'),

  before_task_delegate: {
    kind: 'transform',
    fields: {
      input: 'any',
      priority: 'integer',
      capabilities: 'names',
      agentId: 'name_or_null',
      preferredRole: 'name_or_null',
      rehearsal: 'boolean',
      runMs: 'deadline',
      attributes: 'record',
    },
    budgetMs: 50,
    firedBy: 'kernel',
    says: 'a task is about to be delegated; change what is delegated',
  },
  allow_task_delegate: guard('a task is about to be delegated as the transforms left it; veto it'),
  choose_agent: {
    kind: 'decide',
    fields: {},
    budgetMs: 50,
    firedBy: 'kernel',
    says: 'several agents could run a task; name one of them, or leave it to the next',
  },
  on_task_queued: observe('a task waits for an agent'),
  on_no_agent_available: observe('no agent that exists could ever run a task'),
  on_task_delegated: observe('a task was handed to an agent'),
  on_task_reassigned: observe('a task was moved from one agent to another'),
  before_task_complete: {
    kind: 'transform',
    fields: { result: 'any' },
    budgetMs: 50,
    firedBy: 'kernel',
    says: 'an agent reported a result; change what is recorded',
  },
  allow_task_complete: guard('a result is about to be recorded; veto it, and the task keeps running'),
  on_task_completed: observe('a task completed'),
  on_task_failed: observe('an attempt of a task failed'),
  on_task_cancelled: observe('a task was cancelled'),

  on_message_sent: observe('a message was published on the bus'),
  on_performance_metric: observe('something was measured', 'both'),
  on_health_check: {
    kind: 'transform',
    fields: { sections: 'record' },
    budgetMs: 10,
    firedBy: 'kernel',
    says: 'health is being asked for; add a section',
  },
  on_health_changed: observe('the overall health moved'),
  on_alert_raised: observe('an alert was raised', 'both'),
  on_alert_resolved: observe('an alert was resolved', 'both'),

  // The kernel has no sessions, sleep or workflows. Plugins that have tell each other so.
  on_session_started: observe('agents began to work on something together', 'plugins'),
  on_session_ended: observe('they are done with it', 'plugins'),
  on_sleep: observe('an agent was put to sleep', 'plugins'),
  on_wake: observe('an agent was woken', 'plugins'),
  on_workflow_step: observe('a step of a workflow moved', 'plugins'),
  on_workflow_finished: observe('a workflow ended', 'plugins'),
} as const satisfies { readonly [N in HookName]: HookRow };

export const HOOK_NAMES = Object.keys(HOOKS) as readonly HookName[];

/** Names of the hooks of one kind: `HookOf<'guard'>`. */
export type HookOf<K extends HookKind> = { [N in HookName]: (typeof HOOKS)[N]['kind'] extends K ? N : never }[HookName];

/** Hooks that a plugin may fire itself. */
export type EmittableHook = {
  [N in HookName]: (typeof HOOKS)[N]['firedBy'] extends 'kernel' ? never : N;
}[HookName];

/** The fields of a transform hook's event that a patch may hold. */
export type PatchField<N extends HookOf<'transform'>> = keyof (typeof HOOKS)[N]['fields'] & keyof HookEvents[N];

export type Patch<N extends HookOf<'transform'>> = { readonly [F in PatchField<N>]?: HookEvents[N][F] };

/** A guard's no. Returning nothing allows. */
export type Veto = {
  /** Why, for the caller. */
  readonly veto: string;
  /** When asking again makes sense. */
  readonly retryAfterMs?: number;
};

/** What a decide hook may answer. */
export type HookAnswers = {
  /** The id of one of the candidates. */
  choose_agent: string;
};

type MaybePromise<T> = T | Promise<T>;

/** What a plugin's function for a hook may return, by kind. Nothing: no opinion. */
export type HookReturn<N extends HookName> =
  N extends HookOf<'transform'>
    ? MaybePromise<Patch<N> | undefined>
    : N extends HookOf<'guard'>
      ? MaybePromise<Veto | undefined>
      : N extends keyof HookAnswers
        ? MaybePromise<HookAnswers[N] | undefined>
        : MaybePromise<void>;
