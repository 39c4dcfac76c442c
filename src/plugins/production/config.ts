import { availableParallelism, freemem, loadavg, totalmem } from 'node:os';
import { z } from 'zod';
import type { SpawnRequest } from '../../contract/agents.ts';
import { alertRule, DEFAULT_RULES, HOUR_MS } from './rules.ts';

/** Adds and removes agents where the kernel alone cannot: machines, containers, a supervisor of workers. */
export type Scaler = {
  /** Gives the ids of the agents that come. */
  readonly up: (count: number, reason: string) => Promise<readonly string[]>;
  /** Gives the ids of the agents that go. */
  readonly down: (count: number, reason: string) => Promise<readonly string[]>;
};

/** Of the machine, 0..100. */
export type Probe = () => { readonly cpuPercent: number; readonly memoryPercent: number };

const DAY_MS = 24 * HOUR_MS;
const everyMs = (ms: number) => z.number().min(10).default(ms);
const percent = (value: number) => z.number().min(0).max(100).default(value);

const slaConfig = z.strictObject({
  windowMs: z.number().min(60_000).max(HOUR_MS).default(HOUR_MS),
  availabilityPercentMin: percent(99.9),
  responseP95MsMax: z.number().positive().default(1_000),
  errorPercentMax: percent(1),
  completionPercentMin: percent(95),
  /** Calls, attempts or tasks in the window below which nothing is concluded from them. */
  samplesMin: z.number().int().min(1).default(20),
});

const scalingConfig = z.strictObject({
  enabled: z.boolean().default(true),
  agentsMin: z.number().int().min(0).default(1),
  agentsMax: z.number().int().min(1).default(20),
  upAt: z.number().min(0).max(1).default(0.7),
  downAt: z.number().min(0).max(1).default(0.2),
  cooldownMs: z.number().min(0).default(300_000),
  /** An emergency does not wait for the cooldown, but for this. */
  emergencyCooldownMs: z.number().min(0).default(30_000),
  /** Tasks that wait, for each place where one could run, from which on it is an emergency. */
  emergencyQueuedPerPlace: z.number().positive().default(5),
  /** What to spawn: the first that has the capabilities that waiting tasks lack. Empty: scaling is only recommended. */
  templates: z.array(z.custom<SpawnRequest>(isTemplate, 'a spawn request with a role')).max(50).default([]),
  /** Instead of templates. */
  scaler: z.custom<Scaler>(isScaler, 'a scaler has up and down').optional(),
});

export const productionConfig = z.strictObject({
  metricsEveryMs: everyMs(30_000),
  alertsEveryMs: everyMs(60_000),
  sla: slaConfig.prefault({}),
  rules: z
    .array(alertRule)
    .max(200)
    .default([...DEFAULT_RULES]),
  /** A metric that lies this many standard deviations above its last samples is an anomaly. */
  anomalies: z
    .strictObject({
      metrics: z.array(z.string()).max(50).default(['response_p95_ms', 'error_percent', 'queued']),
      deviations: z.number().positive().default(3),
      samplesMin: z.number().int().min(3).default(20),
    })
    .prefault({}),
  scaling: scalingConfig.prefault({}),
  backups: z
    .strictObject({
      enabled: z.boolean().default(true),
      everyMs: everyMs(6 * HOUR_MS),
      retentionMs: z
        .number()
        .positive()
        .default(30 * DAY_MS),
    })
    .prefault({}),
  /** Of a whole failover or recovery. */
  sequenceMsMax: z.number().positive().default(120_000),
  /** Whether rehearsal tasks count towards SLA targets. */
  countsRehearsals: z.boolean().default(false),
  probe: z.custom<Probe>((value) => typeof value === 'function', 'a function').default(() => systemProbe),
});
export type ProductionConfig = z.output<typeof productionConfig>;

/** The load of the last minute over the processors, and the memory that nobody can have any more. */
export const systemProbe: Probe = () => ({
  cpuPercent: Math.min(100, ((loadavg()[0] ?? 0) / availableParallelism()) * 100),
  memoryPercent: (1 - freemem() / totalmem()) * 100,
});

function isTemplate(value: unknown): boolean {
  return typeof (value as SpawnRequest | null)?.role === 'string';
}

function isScaler(value: unknown): boolean {
  const { up, down } = (value ?? {}) as Partial<Scaler>;
  return typeof up === 'function' && typeof down === 'function';
}
