import { z } from 'zod';

/** How bad something is, worst first. */
export const SEVERITIES = ['critical', 'high', 'medium', 'low', 'info'] as const;
export const severity = z.enum(SEVERITIES);
export type Severity = z.output<typeof severity>;

const MINUTE_MS = 60_000;
export const HOUR_MS = 60 * MINUTE_MS;

/** When an alert is raised and when it is resolved. */
export const alertRule = z
  .strictObject({
    id: z.string().regex(/^[a-z][a-z0-9_:.-]{0,99}$/, 'lower case letters, digits and _ : . -'),
    says: z.string().max(500).default(''),
    /** A name of `metrics()`, or of what a plugin reports with `on_performance_metric`. */
    metric: z.string().min(1).max(100),
    breach: z.enum(['above', 'below']),
    threshold: z.number(),
    /** Where a standing alert is resolved: on the good side of the threshold. Default: the threshold. */
    clearAt: z.number().optional(),
    severity,
    /** How long the breach must last before the alert is raised. */
    forMs: z.number().min(0).default(0),
    /** The least time between two raises of one rule. */
    cooldownMs: z
      .number()
      .min(0)
      .default(10 * MINUTE_MS),
    /** An alert that stands so long without being acknowledged becomes one degree worse. */
    escalateAfterMs: z
      .number()
      .positive()
      .default(30 * MINUTE_MS),
    /** Reported metrics only: how the values of the window become one. */
    aggregate: z.enum(['latest', 'max', 'sum', 'mean']).default('latest'),
    /** Reported metrics only. */
    windowMs: z
      .number()
      .min(MINUTE_MS)
      .max(HOUR_MS)
      .default(5 * MINUTE_MS),
  })
  .refine(isClearOnGoodSide, { path: ['clearAt'], message: 'must be on the good side of the threshold' });
export type AlertRule = z.output<typeof alertRule>;

export function isBreach({ breach, threshold }: AlertRule, value: number): boolean {
  return breach === 'above' ? value > threshold : value < threshold;
}

export function isClear({ breach, threshold, clearAt = threshold }: AlertRule, value: number): boolean {
  return breach === 'above' ? value <= clearAt : value >= clearAt;
}

function isClearOnGoodSide(rule: { breach: 'above' | 'below'; threshold: number; clearAt?: number | undefined }) {
  const { breach, threshold, clearAt = threshold } = rule;
  return breach === 'above' ? clearAt <= threshold : clearAt >= threshold;
}

type Row = readonly [id: string, metric: string, breach: 'above' | 'below', threshold: number, clearAt: number];

const row = ([id, metric, breach, threshold, clearAt]: Row, level: Severity, says: string, rest = {}): AlertRule =>
  alertRule.parse({ id, metric, breach, threshold, clearAt, severity: level, says, ...rest });

/** The rules that production orchestrators carry; the distance to `clearAt` is ours, against flapping. */
export const DEFAULT_RULES: readonly AlertRule[] = [
  row(['cpu_high', 'cpu_percent', 'above', 80, 70], 'medium', 'the processor is busy'),
  row(['cpu_critical', 'cpu_percent', 'above', 95, 85], 'critical', 'the processor is all but saturated'),
  row(['memory_high', 'memory_percent', 'above', 85, 80], 'high', 'memory runs short'),
  row(['memory_critical', 'memory_percent', 'above', 95, 90], 'critical', 'memory is all but used up'),
  row(['responses_slow', 'response_p95_ms', 'above', 2_000, 1_600], 'high', 'spawning and delegating answer slowly'),
  row(['errors_high', 'error_percent', 'above', 5, 3], 'high', 'too many attempts fail'),
  row(['errors_critical', 'error_percent', 'above', 10, 7], 'critical', 'far too many attempts fail'),
  row(['db_pool_high', 'db_pool_percent', 'above', 80, 70], 'medium', 'the database connections are nearly used up'),
  row(['query_slow', 'slow_query_ms', 'above', 500, 400], 'medium', 'the database is slow', { aggregate: 'max' }),
  row(['tasks_failed', 'failed_tasks_per_hour', 'above', 10, 5], 'medium', 'tasks fail for good'),
  row(['no_agents', 'agents_live', 'below', 1, 1], 'critical', 'there is no agent'),
  row(['auth_failed', 'failed_auth', 'above', 50, 25], 'high', 'callers fail to authenticate', {
    aggregate: 'sum',
    windowMs: HOUR_MS,
  }),
  row(['security_events', 'security_events', 'above', 20, 10], 'critical', 'threats were reported', {
    aggregate: 'sum',
    windowMs: HOUR_MS,
  }),
  row(['availability_low', 'availability_percent', 'below', 99, 99.5], 'critical', 'it was down for too long'),
];
