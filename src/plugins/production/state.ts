import type { Agent } from '../../contract/agents.ts';
import type { PluginContext } from '../../contract/plugins.ts';
import type { LimitsHit } from '../parts/bounded.ts';
import type { Histogram } from '../parts/histogram.ts';
import { newWindow, type Window } from '../parts/window.ts';
import type { ProductionConfig } from './config.ts';
import type { RuleState } from './rule-state.ts';
import type { AlertRule } from './rules.ts';
import type { Backup, ForeignAlert, PastAlert, ScalingDecision, SequenceResult } from './shapes.ts';

export const BOUNDS = {
  /** Names of reported metrics. */
  reportedMax: 200,
  /** Samples of all metrics, for anomalies. */
  samplesMax: 50,
  /** Rules added at run time. */
  addedRulesMax: 200,
  /** Resolved alerts. */
  pastAlertsMax: 1_000,
  /** Standing alerts of others. */
  foreignAlertsMax: 1_000,
  decisionsMax: 200,
  /** Agents that scaling spawned. */
  scaledAgentsMax: 1_000,
  sequencesMax: 50,
  backupsMax: 120,
  agentsPerBackupMax: 1_000,
  downtimesMax: 200,
  /** Tasks counted as waiting; more make no difference. */
  queuedCountedMax: 1_000,
} as const;

/** One minute. */
export type Counts = {
  attempts: number;
  failedAttempts: number;
  completed: number;
  failed: number;
  agentFailures: number;
  refusedSpawns: number;
  /** What the kernel took to answer spawns and delegations. */
  readonly answerMs: Histogram;
  readonly queueMs: Histogram;
  readonly runMs: Histogram;
};

/** One minute of a metric that somebody reports. */
export type Reported = { count: number; sum: number; max: number; latest: number };

export type Sample = { readonly atMs: number; readonly values: ReadonlyMap<string, number> };

export type ProductionState = {
  /** When it was loaded first. */
  startedAtMs: number | null;
  readonly counts: Window<Counts>;
  readonly reported: Map<string, Window<Reported>>;
  readonly samples: Sample[];
  /** Since when the kernel is unhealthy. */
  downSinceMs: number | null;
  readonly downtimes: { readonly fromMs: number; readonly toMs: number }[];
  readonly addedRules: Map<string, AlertRule>;
  readonly rules: Map<string, RuleState>;
  readonly pastAlerts: PastAlert[];
  readonly foreignAlerts: Map<string, ForeignAlert>;
  /** `null`: as the config says. */
  scalingEnabled: boolean | null;
  /** When somebody who waits for agents last had scaling decided out of turn. */
  hurriedAtMs: number;
  /** Capabilities that waiting tasks lack. */
  missing: readonly string[];
  readonly decisions: ScalingDecision[];
  /** Agents that scaling spawned and may take away. */
  readonly scaledAgents: string[];
  readonly backups: Backup[];
  readonly sequences: SequenceResult[];
  /** Numbers ids of decisions, backups and sequences. */
  serial: number;
  readonly limitsHit: LimitsHit;
};

export const productionState = {
  version: 1,
  initial: (): ProductionState => ({
    startedAtMs: null,
    counts: newWindow(),
    reported: new Map(),
    samples: [],
    downSinceMs: null,
    downtimes: [],
    addedRules: new Map(),
    rules: new Map(),
    pastAlerts: [],
    foreignAlerts: new Map(),
    scalingEnabled: null,
    hurriedAtMs: Number.NEGATIVE_INFINITY,
    missing: [],
    decisions: [],
    scaledAgents: [],
    backups: [],
    sequences: [],
    serial: 0,
    limitsHit: new Map(),
  }),
};

export type Context = PluginContext<ProductionState, ProductionConfig>;

/** What a backup keeps of an agent. */
export type KeptAgent = Pick<
  Agent,
  'id' | 'role' | 'capabilities' | 'runtime' | 'rehearsal' | 'priority' | 'tasksMax' | 'group' | 'attributes'
>;
