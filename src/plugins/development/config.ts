import { z } from 'zod';

/** Calls `then` once, after `delayMs`. The answer calls it off. */
export type After = (delayMs: number, then: () => void) => () => void;

/**
 * What all plugins together may take of one call, in milliseconds, less what is left to the others: a call
 * that is held for longer would be given up by the kernel.
 */
const CALL_HOLD_MS_MAX = 200;
const MINUTE_MS = 60_000;

const systemAfter: After = (delayMs, then) => {
  const timer = setTimeout(then, delayMs);
  // What is simulated must not keep a process alive.
  timer.unref();
  return () => clearTimeout(timer);
};

export const developmentConfig = z.strictObject({
  /** Whether breakpoints hold. `setDebug` changes it at run time. */
  debug: z.boolean().default(false),
  /** Run deadlines while debugging are this many times as long. */
  debugRunFactor: z.number().min(1).default(2),
  /** How long a call of the kernel is held, then it goes on. */
  callHoldMs: z.number().positive().max(CALL_HOLD_MS_MAX).default(CALL_HOLD_MS_MAX),
  /** How long a run of a mock agent, a step of a scenario and a call through this plugin are held, then they go on. */
  runHoldMs: z
    .number()
    .positive()
    .default(5 * MINUTE_MS),
  /** Mock agents at once, without those of the sandbox. */
  mockAgentsMax: z.number().int().min(0).max(1_000).default(10),
  /** Whether mock agents answer without their delay. */
  fast: z.boolean().default(true),
  /** Whether `simulateFailure` may. */
  simulateFailures: z.boolean().default(false),
  /** Whether all agents and tasks are rehearsals, which touch nothing outside. */
  rehearse: z.boolean().default(false),
  traces: z
    .strictObject({
      enabled: z.boolean().default(true),
      /** Inputs and results too. They may hold what nobody should read. */
      details: z.boolean().default(true),
    })
    .prefault({}),
  scenarioTimeoutMs: z.number().positive().default(30_000),
  sandbox: z
    .strictObject({
      enabled: z.boolean().default(true),
      /** What one task takes. */
      taskMs: z.number().min(0).default(2_000),
      estimatedMs: z
        .number()
        .positive()
        .default(10 * MINUTE_MS),
    })
    .prefault({}),
  after: z.custom<After>((value) => typeof value === 'function', 'a function').default(() => systemAfter),
});
export type DevelopmentConfig = z.output<typeof developmentConfig>;
