import { z } from 'zod';
import type { Kernel } from '../../contract/kernel.ts';
import type { PluginKernel } from '../../contract/plugins.ts';

/** What a benchmark may use: the kernel, and ids that tell its agents and tasks from real ones. */
export type Bench = {
  readonly kernel: PluginKernel;
  readonly newId: () => string;
  /** Spawns an agent that touches nothing outside and is shut down when the benchmark ends. */
  readonly agent: () => Promise<string>;
  /** Delegates a task to one of these agents. */
  readonly delegate: () => ReturnType<Kernel['delegateTask']>;
  /** Resolves once a task has completed. @throws when it ends otherwise */
  readonly completed: (taskId: string) => Promise<void>;
};

export type Benchmark = {
  readonly says: string;
  /** Before the first round; what it gives goes to `once`. */
  readonly setUp?: (bench: Bench) => Promise<void>;
  /** One operation. Gives what is to be done afterwards, which is not timed. */
  readonly once: (bench: Bench) => Promise<(() => Promise<unknown>) | undefined>;
};

const functionField = <T>() => z.custom<T>((value) => typeof value === 'function', 'a function');
const benchmarkField = z.custom<Benchmark>(
  (value) => typeof (value as Benchmark | null)?.once === 'function',
  'a benchmark has a function `once`',
);

export const performanceConfig = z.strictObject({
  /** How often it takes stock: half-minutes are closed, monitors sample, listeners are told. */
  tickMs: z.number().min(10).default(5_000),
  sampleEveryMs: z.number().min(10).default(30_000),
  regression: z
    .strictObject({
      /** Chance of a false alarm: of one comparison, or of all looks at one live baseline together. */
      alpha: z.number().positive().max(0.2).default(0.01),
      thresholdPercent: z.number().positive().default(15),
      /** Metrics that are watched live. */
      metrics: z.array(z.string()).min(1).max(20).default(['spawn_ms', 'delegate_ms', 'queue_ms']),
      /** Half-minutes from one live look to the next. */
      samplesPerLook: z.number().int().min(8).max(100).default(20),
      /** Calls in a half-minute below which it tells nothing. */
      callsMin: z.number().int().min(1).default(5),
    })
    .prefault({}),
  benchmarks: z.record(z.string().regex(/^[a-z][a-z0-9_]{0,63}$/), benchmarkField).default({}),
  rounds: z.number().int().min(1).max(200).default(20),
  perRound: z.number().int().min(1).max(1_000).default(20),
  loadTest: z
    .strictObject({
      agents: z.number().int().min(1).default(75),
      spawnBatch: z.number().int().min(1).default(10),
      tasksPerAgent: z.number().int().min(1).default(5),
      concurrency: z.number().int().min(1).default(20),
      spawnMsMax: z.number().positive().default(10_000),
      delegateMsMax: z.number().positive().default(500),
      completionPercentMin: z.number().min(0).max(100).default(85),
    })
    .prefault({}),
  /** `fastest`: of several free agents, the one expected to be done first is chosen. */
  routing: z.enum(['off', 'fastest']).default('off'),
  /** Whether tasks are given the attribute `expectedRunMs`, the median of their type. */
  estimates: z.boolean().default(false),
  /** Beyond these, a recommendation is made and the score falls. */
  limits: z
    .strictObject({
      responseMsMax: z.number().positive().default(5_000),
      queuedMax: z.number().int().positive().default(100),
      successRateMin: z.number().min(0).max(1).default(0.95),
    })
    .prefault({}),
  /** Monotonic milliseconds, for benchmarks. */
  stopwatch: functionField<() => number>().default(() => () => performance.now()),
});
export type PerformanceConfig = z.output<typeof performanceConfig>;
