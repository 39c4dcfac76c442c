import type { AgentState } from './agents.ts';
import type { TaskState } from './tasks.ts';

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
    /** Agents that get less work, each with the plugins that hold it off. */
    readonly heldOff: Readonly<Record<string, readonly string[]>>;
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
  /** How often each `...Max`, and `killMs`, was hit. Not those of what is kept of the past, nor of a value's size. */
  readonly limitsHit: Readonly<Record<string, number>>;
};
