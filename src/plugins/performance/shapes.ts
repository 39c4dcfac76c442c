/** What the capabilities take and give, as zod schemas; the types follow from them. */
import { z } from 'zod';

const name = z.string().min(1).max(100);

export const distribution = z.object({
  count: z.number(),
  mean: z.number(),
  min: z.number(),
  max: z.number(),
  p50: z.number(),
  p95: z.number(),
  p99: z.number(),
  unit: z.string(),
});
export type Distribution = z.output<typeof distribution>;

export const metricsInput = z
  .strictObject({
    /** At most a day. */
    windowMs: z.number().positive().max(86_400_000).default(86_400_000),
    /** Default: all. */
    names: z.array(name).max(100).optional(),
  })
  .optional();
export const metrics = z.object({ sinceMs: z.number(), atMs: z.number(), byName: z.record(z.string(), distribution) });

export const emitInput = z.strictObject({
  name,
  value: z.number(),
  unit: z.string().max(20).default(''),
  agentId: z.string().nullable().default(null),
  taskId: z.string().nullable().default(null),
});

// ── tasks and routing ───────────────────────────────────────────────────────────────────────────────

export const typeSummary = z.object({
  type: z.string(),
  completed: z.number(),
  /** Attempts. */
  failed: z.number(),
  successRate: z.number(),
  runMs: distribution.nullable(),
});
export type TypeSummary = z.output<typeof typeSummary>;

export const agentSummary = z.object({
  agentId: z.string(),
  delegated: z.number(),
  completed: z.number(),
  failed: z.number(),
  meanRunMs: z.number().nullable(),
});

export const routing = z.object({
  mode: z.enum(['off', 'fastest']),
  /** How often several agents could have run a task, and how often this plugin named one. */
  asked: z.number(),
  chosen: z.number(),
  delegated: z.number(),
  reassigned: z.number(),
  queued: z.number(),
  /** Tasks that no agent could ever run when they came. */
  hopeless: z.number(),
  agents: z.array(agentSummary),
});

// ── baselines and comparisons ───────────────────────────────────────────────────────────────────────

export const baseline = z.strictObject({
  name,
  atMs: z.number(),
  /** `live`, or the id of a run. */
  source: z.string().max(100),
  /** Milliseconds by metric; smaller is better. */
  samples: z.record(z.string(), z.array(z.number()).max(1_000).readonly()).readonly(),
});
export type Baseline = z.output<typeof baseline>;

export const comparison = z.object({
  metric: z.string(),
  baselineMedian: z.number().nullable(),
  currentMedian: z.number().nullable(),
  /** Negative: faster. `null`: too few values. */
  slowdownPercent: z.number().nullable(),
  /** Corrected for all metrics that were compared. */
  p: z.number().nullable(),
  method: z.enum(['exact', 'normal']),
  verdict: z.enum(['regression', 'improvement', 'same', 'too_few']),
});
export type Comparison = z.output<typeof comparison>;

export const saveBaselineInput = z.strictObject({
  name,
  /** Id of a run; default: what was measured live. */
  runId: z.string().optional(),
});

// ── runs ────────────────────────────────────────────────────────────────────────────────────────────

export const benchmarkResult = z.object({
  name: z.string(),
  says: z.string(),
  /** Median of each round, in milliseconds. */
  roundsMs: z.array(z.number()),
  medianMs: z.number().nullable(),
  /** Why it could not be measured. */
  failed: z.string().nullable(),
});
export type BenchmarkResult = z.output<typeof benchmarkResult>;

export const phaseResult = z.object({
  phase: z.enum([
    'preparation',
    'agent_spawning',
    'task_delegation',
    'concurrent_operations',
    'stress_test',
    'cleanup',
  ]),
  done: z.number(),
  failed: z.number(),
  /** Of each operation. */
  tookMs: distribution.nullable(),
  notes: z.array(z.string()),
});
export type PhaseResult = z.output<typeof phaseResult>;

const monitored = z.object({ atMs: z.number(), score: z.number(), values: z.record(z.string(), z.number()) });

/** What a run measured, by its kind. */
export const runOutcome = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('benchmarks'),
    benchmarks: z.array(benchmarkResult),
    /** Name of the baseline, where it was compared with one. */
    baseline: z.string().nullable(),
    comparison: z.array(comparison),
  }),
  z.object({ kind: z.literal('load_test'), phases: z.array(phaseResult), missed: z.array(z.string()) }),
  z.object({ kind: z.literal('monitor'), samples: z.array(monitored), untilMs: z.number(), everyMs: z.number() }),
]);
export type RunOutcome = z.output<typeof runOutcome>;

export const run = z.object({
  id: z.string(),
  state: z.enum(['running', 'completed', 'failed', 'cancelled']),
  startedAtMs: z.number(),
  endedAtMs: z.number().nullable(),
  /** Nothing failed, and nothing is slower than it may be. `null` while it runs. */
  passed: z.boolean().nullable(),
  error: z.string().nullable(),
  outcome: runOutcome,
});
export type Run = z.output<typeof run>;

const effort = {
  /** Names of benchmarks; default: all. */
  only: z.array(name).max(100).optional(),
  rounds: z.number().int().min(1).max(200).optional(),
  /** Operations of one round. */
  perRound: z.number().int().min(1).max(1_000).optional(),
};

export const benchmarksInput = z
  .strictObject({
    ...effort,
    /** A baseline's name: compare with it. */
    baseline: z.string().optional(),
    /** Keep what was measured as a baseline of this name. */
    saveAs: name.optional(),
    /** `false`: answer with the run as it begins; ask `runStatus` for its end. */
    wait: z.boolean().default(true),
  })
  .optional();

export const regressionInput = z.strictObject({
  ...effort,
  /** A baseline's name, or the id of a run of benchmarks. */
  baseline: z.string(),
  thresholdPercent: z.number().positive().optional(),
});

export const loadTestInput = z
  .strictObject({
    agents: z.number().int().min(1).max(1_000).optional(),
    tasksPerAgent: z.number().int().min(1).max(100).optional(),
    concurrency: z.number().int().min(1).max(200).optional(),
    wait: z.boolean().default(true),
  })
  .optional();

export const monitorInput = z
  .strictObject({
    durationMs: z.number().positive().max(86_400_000).default(3_600_000),
    everyMs: z.number().min(1_000).default(30_000),
  })
  .optional();

// ── conclusions ─────────────────────────────────────────────────────────────────────────────────────

export const recommendation = z.object({
  kind: z.enum(['add_agents', 'add_capability', 'mend_type', 'look_at_agent', 'route_fastest', 'slow_answers']),
  /** What it is about: an agent, a type, a metric. */
  subject: z.string(),
  message: z.string(),
  evidence: z.record(z.string(), z.number()),
});
export type Recommendation = z.output<typeof recommendation>;

export const optimization = z.object({ applied: z.array(recommendation), left: z.array(recommendation) });

export const summary = z.object({
  atMs: z.number(),
  /** 1 is best. */
  score: z.number(),
  state: z.enum(['healthy', 'warning', 'critical']),
  values: z.record(z.string(), z.number()),
  regressions: z.array(comparison),
  lastRun: z.object({ id: z.string(), passed: z.boolean().nullable() }).nullable(),
  recommendations: z.array(recommendation),
});
export type Summary = z.output<typeof summary>;

export const seenEvents = z.object({ sinceMs: z.number(), events: z.record(z.string(), z.number()) });

// ── callers in the same process ─────────────────────────────────────────────────────────────────────

export type Listener = (summary: Summary) => void | Promise<void>;
export type Work = () => unknown | Promise<unknown>;
const isFunction = (value: unknown) => typeof value === 'function';

export const subscribeInput = z.strictObject({ listener: z.custom<Listener>(isFunction, 'a function') });
export const trackInput = z.strictObject({ type: name, work: z.custom<Work>(isFunction, 'a function') });
export const tracked = z.object({ result: z.unknown(), tookMs: z.number() });
