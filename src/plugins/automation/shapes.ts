/** What the capabilities take and give, as zod schemas; the types follow from them. */
import { z } from 'zod';
import { stepResult } from '../parts/steps.ts';

const json = z.record(z.string(), z.unknown());

export const circuit = z.object({
  /** `agent:<id>` or `type:<type>`. */
  key: z.string(),
  state: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('closed'), failuresInARow: z.number() }),
    z.object({ kind: z.literal('open'), untilMs: z.number(), why: z.string() }),
    z.object({
      kind: z.literal('half_open'),
      trial: z.object({ taskId: z.string(), sinceMs: z.number() }).nullable(),
    }),
  ]),
  /** Of the window. */
  calls: z.number(),
  failures: z.number(),
  opened: z.number(),
});
export type Circuit = z.output<typeof circuit>;

export const errorPattern = z.object({
  id: z.string(),
  code: z.string(),
  /** The message without what changes from one to the next. */
  shape: z.string(),
  sample: z.string(),
  /** In the window. */
  count: z.number(),
  countEver: z.number(),
  firstAtMs: z.number(),
  lastAtMs: z.number(),
  agents: z.array(z.string()),
  types: z.array(z.string()),
  /** Where to look: at the agent, at the type, or at what all of them need. */
  spread: z.enum(['one_agent', 'one_type', 'everywhere']),
  /** Enough of them came lately. */
  stands: z.boolean(),
});
export type ErrorPattern = z.output<typeof errorPattern>;

export const TIERS = ['automatic', 'assisted', 'manual', 'emergency'] as const;
export const tier = z.enum(TIERS);
export type Tier = z.output<typeof tier>;

export const recovery = z.object({
  id: z.string(),
  agentId: z.string(),
  failure: z.string(),
  severity: z.number(),
  tier,
  /** `gave_up`: it was recovered too often lately; nothing was done but to call people. */
  state: z.enum(['under_way', 'recovered', 'awaiting_approval', 'rejected', 'failed', 'gave_up']),
  /** Whoever started it: a caller, healing, a schedule, an event. */
  by: z.string(),
  decidedBy: z.string().nullable(),
  startedAtMs: z.number(),
  endedAtMs: z.number().nullable(),
  steps: z.array(stepResult),
});
export type Recovery = z.output<typeof recovery>;

export const recoverInput = z.strictObject({
  /** `null`: every agent that has failed. */
  agentId: z.string().min(1).nullable(),
  failure: z.string().min(1).max(200),
  /** 1 automatic, 2 assisted, 3 manual, 4 and more emergency. */
  severity: z.number().int().min(1).max(10).default(1),
});

export const decideInput = z.strictObject({ id: z.string(), by: z.string().min(1).max(200), approve: z.boolean() });

export const agentFailureInput = z.strictObject({
  agentId: z.string().min(1),
  error: z.looseObject({ message: z.string().default(''), code: z.string().default('reported') }),
});
export const agentFailureOutcome = z.object({
  /** `false`: there is no such agent. */
  handled: z.boolean(),
  moved: z.array(z.string()),
  /** Tasks that nobody else may run. */
  stuck: z.array(z.string()),
});

export const reassignInput = z.strictObject({ taskIds: z.array(z.string()).max(1_000) });
export const reassignment = z.object({
  done: z.boolean(),
  /** Where the task goes on: itself, or a new one in the place of one that had failed. */
  taskId: z.string().nullable(),
  why: z.string(),
});

export const EVENT_TYPES = [
  'agent_error',
  'consolidation_failed',
  'checkpoint_failed',
  'recovery_required',
  'proactive_operation_scheduled',
  'health_degraded',
  'performance_threshold_exceeded',
  'system_overload',
  'orchestration_started',
  'orchestration_stopped',
] as const;
export type EventType = (typeof EVENT_TYPES)[number];

export const emitInput = z.strictObject({
  /** One of those known, or it is not accepted. */
  type: z.string().min(1).max(100),
  agentId: z.string().nullable().default(null),
  /** Larger is handled earlier. */
  priority: z.number().int().default(500),
  payload: json.default({}),
});
export const accepted = z.object({ accepted: z.boolean(), id: z.string().nullable() });

export const automationEvent = z.object({
  id: z.string(),
  type: z.enum(EVENT_TYPES),
  agentId: z.string().nullable(),
  priority: z.number(),
  payload: json,
  atMs: z.number(),
  state: z.enum(['waiting', 'handled', 'failed']),
  attempts: z.number(),
  nextAtMs: z.number(),
  outcome: z.string().nullable(),
});
export type AutomationEvent = z.output<typeof automationEvent>;

export const OPERATIONS = ['recover', 'reassign', 'cleanup_failed', 'cleanup', 'shutdown'] as const;
export const scheduleInput = z.strictObject({
  operation: z.string().min(1).max(100),
  agentId: z.string().nullable().default(null),
  /** In the past: at once. */
  atMs: z.number(),
  facts: json.default({}),
});
export const scheduled = z.object({
  id: z.string(),
  operation: z.enum(OPERATIONS),
  agentId: z.string().nullable(),
  atMs: z.number(),
  facts: json,
  state: z.enum(['waiting', 'done', 'failed']),
  outcome: z.string().nullable(),
});
export type Scheduled = z.output<typeof scheduled>;

export const agentHealth = z.object({
  agentId: z.string(),
  state: z.string(),
  /** 0..100, 100 is best. */
  score: z.number(),
  successRate: z.number().nullable(),
  breaker: z.enum(['closed', 'open', 'half_open']),
  lostHeartbeats: z.number(),
  recoveries: z.number(),
  lastActivityAtMs: z.number(),
});
export type AgentHealth = z.output<typeof agentHealth>;

export const mode = z.enum(['normal', 'maintenance', 'emergency']);
export type Mode = z.output<typeof mode>;
