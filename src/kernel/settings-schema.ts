import { z } from 'zod';
import { deadline, milliseconds, retry, runtimeSpec } from './requests.ts';
import { STRATEGY_NAMES } from './strategies.ts';

const count = z.number().int().positive();
const restartsMax = z.number().int().nonnegative();
const restartLimit = z.strictObject({ restartsMax: restartsMax.optional(), windowMs: milliseconds.optional() });

/** What may be given of `Settings`. Strict: a setting that is misspelled would otherwise be a default. */
export const settings = z.strictObject({
  agentsMax: z.number().int().nonnegative().optional(),
  agentsCounted: z.array(z.enum(['starting', 'idle', 'busy', 'stopping', 'failed'])).optional(),
  queueMax: z.number().int().nonnegative().optional(),
  ageingMs: milliseconds.optional(),
  strategy: z.enum(STRATEGY_NAMES).optional(),
  whenBusy: z.enum(['enqueue', 'reject', 'interrupt', 'replace']).optional(),
  whenInterrupted: z.enum(['redrive', 'fail']).optional(),
  redrivesMax: z.number().int().nonnegative().optional(),
  retry: retry.optional(),
  deadlines: z
    .strictObject({
      queueMs: deadline.optional(),
      runMs: deadline.optional(),
      startMs: deadline.optional(),
      heartbeatMs: deadline.optional(),
      waitMs: deadline.optional(),
      graceMs: milliseconds.optional(),
      killMs: milliseconds.optional(),
    })
    .optional(),
  restart: z.enum(['permanent', 'transient', 'temporary']).optional(),
  restartLimit: restartLimit.optional(),
  restartPauseMs: milliseconds.optional(),
  restartPauseMsMax: milliseconds.optional(),
  groups: z
    .record(z.string(), restartLimit.extend({ strategy: z.enum(['one_for_one', 'rest_for_one']) }).strict())
    .optional(),
  runtimes: z.record(z.string(), runtimeSpec).optional(),
  rehearsal: z.boolean().optional(),
  rehearse: z.custom((value) => typeof value === 'function', { message: 'expected a function' }).optional(),
  depthMax: count.optional(),
  childrenMax: count.optional(),
  dependenciesMax: count.optional(),
  affinityKeysMax: count.optional(),
  jsonBytesMax: count.optional(),
  attemptsKeptMax: count.optional(),
  endedTasksMax: count.optional(),
  endedAgentsMax: count.optional(),
  failedAgentsMax: count.optional(),
  eventsKeptMax: count.optional(),
  subscribersMax: count.optional(),
  requestsMax: count.optional(),
  waitersMax: count.optional(),
  healthMs: count.optional(),
  budgets: z.strictObject({ operationMs: milliseconds.optional() }).optional(),
  pluginState: z
    .strictObject({ everyMs: count.optional(), bytesMax: count.optional(), keptMax: count.optional() })
    .optional(),
});
