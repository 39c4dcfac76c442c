import { z } from 'zod';

const ms = (value: number) => z.number().positive().default(value);
const share = (value: number) => z.number().min(0).max(1).default(value);

export const automationConfig = z.strictObject({
  /** How often events, schedules and quiet patterns are looked after. */
  tickMs: z.number().min(10).default(1_000),
  breaker: z
    .strictObject({
      /** What has a breaker: each agent, each task type. */
      scopes: z.array(z.enum(['agent', 'type'])).default(['agent']),
      /** Failures in a row that open it. */
      consecutiveFailures: z.number().int().min(1).default(5),
      /** Or this share of failures, over at least `callsMin` calls of the window. */
      failureRate: share(0.3),
      callsMin: z.number().int().min(1).default(20),
      windowMs: ms(300_000),
      /** How long it stays open. */
      recoveryMs: ms(60_000),
      /** How long a trial may take before another may be made. */
      testMs: ms(30_000),
    })
    .prefault({}),
  patterns: z
    .strictObject({
      /** Alike errors in the window that make a pattern. */
      occurrencesMin: z.number().int().min(2).max(50).default(5),
      windowMs: ms(300_000),
    })
    .prefault({}),
  healing: z
    .strictObject({
      enabled: z.boolean().default(true),
      everyMs: z.number().min(10).default(30_000),
      /** What the kernel's own supervision gets before a failed agent is recovered. */
      graceMs: z.number().min(0).default(10_000),
      /** Recoveries of one agent in the window; then people are called. */
      attemptsMax: z.number().int().min(1).default(3),
      attemptsWindowMs: ms(600_000),
    })
    .prefault({}),
  /** Of a whole recovery. */
  recoveryMsMax: ms(120_000),
  events: z
    .strictObject({
      retriesMax: z.number().int().min(0).max(10).default(3),
      /** Before the first retry; it doubles. */
      pauseMs: ms(1_000),
    })
    .prefault({}),
  health: z
    .strictObject({
      emergencyBelow: z.number().min(0).max(100).default(50),
      maintenanceBelow: z.number().min(0).max(100).default(70),
      /** How far above its bound the score must be for the way back. */
      backAbove: z.number().min(0).max(50).default(5),
    })
    .prefault({}),
});
export type AutomationConfig = z.output<typeof automationConfig>;
