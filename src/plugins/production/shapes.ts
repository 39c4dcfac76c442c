/** What the capabilities take and give, as zod schemas; the types follow from them. */
import { z } from 'zod';
import { stepResult } from '../parts/steps.ts';
import { severity } from './rules.ts';

const acknowledgement = z.object({ by: z.string(), atMs: z.number() });

/** An alert that stands. Those of the kernel and of other plugins have no rule. */
export const standingAlert = z.object({
  /** `production:<rule>`, `kernel:<rule>`, `<plugin>:<rule>`. */
  id: z.string(),
  rule: z.string().nullable(),
  metric: z.string().nullable(),
  severity,
  message: z.string(),
  /** Of the metric, when it was last looked at. */
  value: z.number().nullable(),
  raisedAtMs: z.number(),
  escalatedAtMs: z.number().nullable(),
  acknowledged: acknowledgement.nullable(),
});
export type StandingAlert = z.output<typeof standingAlert>;

export const pastAlert = standingAlert.extend({ resolvedAtMs: z.number() });
export type PastAlert = z.output<typeof pastAlert>;
export type ForeignAlert = StandingAlert;

export const alertsInput = z
  .strictObject({ severity: severity.optional(), unacknowledgedOnly: z.boolean().default(false) })
  .optional();

export const values = z.record(z.string(), z.number());

export const metrics = z.object({
  atMs: z.number(),
  /** By name: `agents_live`, `error_percent`... Names without enough to measure are missing. */
  values,
});

export const evaluateInput = z
  .strictObject({
    /** Judge these values instead of measuring. */
    values: values.optional(),
  })
  .optional();
export const evaluation = z.object({
  raised: z.array(z.string()),
  resolved: z.array(z.string()),
  escalated: z.array(z.string()),
  standing: z.number(),
});

export const acknowledgeInput = z.strictObject({ id: z.string(), by: z.string().min(1).max(200) });

export const productionHealth = z.object({
  state: z.enum(['healthy', 'degraded', 'unhealthy', 'critical']),
  reasons: z.array(z.string()),
});

export const slaTarget = z.object({
  name: z.enum(['availability', 'response_p95', 'error_rate', 'completion_rate']),
  metric: z.string(),
  /** `at_least` or `at_most` this. */
  wanted: z.object({ bound: z.enum(['at_least', 'at_most']), value: z.number(), unit: z.enum(['percent', 'ms']) }),
  actual: z.number().nullable(),
  /** `null`: not enough was measured. */
  met: z.boolean().nullable(),
});
export const slaStatus = z.object({
  atMs: z.number(),
  windowMs: z.number(),
  targets: z.array(slaTarget),
  met: z.boolean().nullable(),
  /** What is left of the time it may be down in the window, in milliseconds; negative when overdrawn. */
  downtimeLeftMs: z.number(),
});
export type SlaStatus = z.output<typeof slaStatus>;

const applied = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('nothing') }),
  /** Nobody was given to do it: see `scaling.templates` and `scaling.scaler`. */
  z.object({ kind: z.literal('recommended'), why: z.string() }),
  z.object({ kind: z.literal('under_way') }),
  z.object({ kind: z.literal('done'), agentIds: z.array(z.string()) }),
  z.object({ kind: z.literal('failed'), agentIds: z.array(z.string()), message: z.string() }),
]);

export const scalingDecision = z.object({
  id: z.string(),
  atMs: z.number(),
  action: z.enum(['scale_up', 'scale_down', 'maintain', 'emergency_scale']),
  /** Share 0..1 of the places for tasks that are taken or asked for. */
  pressure: z.number(),
  agents: z.number(),
  queued: z.number(),
  /** Agents to come or go. */
  count: z.number(),
  reason: z.string(),
  /** When the next change may come. */
  coolsUntilMs: z.number().nullable(),
  applied,
});
export type ScalingDecision = z.output<typeof scalingDecision>;

export const evaluateScalingInput = z
  .strictObject({
    /** `false`: only decide. */
    apply: z.boolean().default(true),
  })
  .optional();

export const sequenceResult = z.object({
  id: z.string(),
  kind: z.enum(['failover', 'disaster_recovery']),
  drill: z.boolean(),
  reason: z.string(),
  state: z.enum(['done', 'failed', 'planned']),
  startedAtMs: z.number(),
  endedAtMs: z.number(),
  steps: z.array(stepResult),
});
export type SequenceResult = z.output<typeof sequenceResult>;

export const failoverInput = z.strictObject({
  agentId: z.string().min(1),
  /** Who takes over. Default: an agent that can do all that it can, or a new one like it. */
  toAgentId: z.string().min(1).optional(),
  reason: z.string().max(500).default('failover'),
  /** Only says what would be done. */
  drill: z.boolean().default(false),
});

export const disasterInput = z
  .strictObject({
    /** Default: the newest. */
    backupId: z.string().optional(),
    reason: z.string().max(500).default('disaster recovery'),
    drill: z.boolean().default(false),
  })
  .optional();

export const keptAgent = z.object({
  id: z.string(),
  role: z.string(),
  capabilities: z.array(z.string()).readonly(),
  runtime: z.string(),
  rehearsal: z.boolean(),
  priority: z.number(),
  tasksMax: z.number(),
  group: z.string().nullable(),
  attributes: z.record(z.string(), z.unknown()),
});

export const backup = z.object({
  id: z.string(),
  atMs: z.number(),
  /** The fleet was still the same then. */
  confirmedAtMs: z.number(),
  agents: z.array(keptAgent),
});
export type Backup = z.output<typeof backup>;

export const backupSummary = backup.omit({ agents: true }).extend({ agents: z.number() });
