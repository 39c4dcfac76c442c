import { z } from 'zod';

/** The longest that a call of the kernel may be held. Its budget in the definition leaves room for letting go. */
export const CALL_HOLD_MS_MAX = 600_000;
const MINUTE_MS = 60_000;

export const developmentConfig = z.strictObject({
  /** Whether breakpoints hold. `setDebug` changes it at run time. */
  debug: z.boolean().default(false),
  /** Run deadlines while debugging are this many times as long. */
  debugRunFactor: z.number().min(1).default(2),
  /**
   * How long a call of the kernel is held, then it goes on. The default fits into what the kernel gives all plugins
   * of one operation; whoever wants more raises the kernel's `budgets.operationMs` too, to a little more than this.
   */
  callHoldMs: z.number().positive().max(CALL_HOLD_MS_MAX).default(200),
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
});
export type DevelopmentConfig = z.output<typeof developmentConfig>;
