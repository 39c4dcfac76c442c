import { z } from 'zod';
import type { RuntimeSpec, ShutdownOptions, SpawnRequest } from '../contract/agents.ts';
import { BanyanError } from '../contract/errors.ts';
import type { Completion, FailureReport, TaskRequest, WaitOptions } from '../contract/tasks.ts';
import { STRATEGY_NAMES } from './strategies.ts';

const NAME_MAX = 256;
const NAMES_MAX = 256;
const TEXT_MAX = 65_536;

const name = z.string().min(1).max(NAME_MAX);
const names = z.array(name).max(NAMES_MAX);
const text = z.string().max(TEXT_MAX);
export const milliseconds = z.number().int().nonnegative();
export const deadline = z.union([milliseconds, z.literal('never')]);
const attributes = z.record(z.string(), z.unknown());
const optional = <T extends z.ZodType>(schema: T) => schema.optional();

/** Shared with the config, which has runtimes by name. */
export const runtimeSpec = z.union([
  z.strictObject({ kind: z.literal('manual') }),
  z.strictObject({
    kind: z.literal('function'),
    run: z.custom<Extract<RuntimeSpec, { kind: 'function' }>['run']>((run) => typeof run === 'function', {
      message: 'expected a function',
    }),
  }),
  z.strictObject({
    kind: z.literal('process'),
    command: name,
    args: optional(z.array(text).max(NAMES_MAX)),
    cwd: optional(text),
    env: optional(z.record(z.string(), text)),
  }),
  z.strictObject({ kind: z.literal('rehearsal'), result: optional(z.unknown()) }),
]);

const runtime = z.union([name, runtimeSpec]);

const spawnRequest = z.strictObject({
  id: optional(name),
  role: name,
  capabilities: optional(names),
  runtime: optional(runtime),
  rehearsal: optional(z.boolean()),
  priority: optional(z.number().int()),
  tasksMax: optional(z.number().int().min(1)),
  group: optional(name),
  restart: optional(z.enum(['permanent', 'transient', 'temporary'])),
  deadlines: optional(z.strictObject({ startMs: optional(deadline), heartbeatMs: optional(deadline) })),
  attributes: optional(attributes),
});

export const retry = z.strictObject({
  attemptsMax: optional(z.number().int().min(1)),
  pauseMs: optional(milliseconds),
  pauseMsMax: optional(milliseconds),
  finalCodes: optional(names),
});

type Edges = readonly { readonly taskId: string; readonly otherwise?: string | undefined }[];

function agrees(edges: Edges): boolean {
  const known = new Map<string, string>();
  return edges.every(({ taskId, otherwise = 'fail' }) => {
    const first = known.get(taskId) ?? otherwise;
    known.set(taskId, first);
    return first === otherwise;
  });
}

const taskRequest = z.strictObject({
  id: optional(name),
  idempotencyKey: optional(name),
  type: name,
  description: optional(text),
  input: optional(z.unknown()),
  priority: optional(z.number().int()),
  agentId: optional(name),
  role: optional(name),
  preferredRole: optional(name),
  capabilities: optional(names),
  strategy: optional(z.enum(STRATEGY_NAMES)),
  affinityKey: optional(name),
  whenBusy: optional(z.enum(['enqueue', 'reject', 'interrupt', 'replace'])),
  parentId: optional(name),
  dependsOn: optional(
    z
      .array(z.strictObject({ taskId: name, otherwise: optional(z.enum(['fail', 'cancel', 'run'])) }))
      .refine(agrees, { message: 'one task stands there twice, with different `otherwise`' }),
  ),
  deadlines: optional(z.strictObject({ queueMs: optional(deadline), runMs: optional(deadline) })),
  retry: optional(retry),
  whenInterrupted: optional(z.enum(['redrive', 'fail'])),
  rehearsal: optional(z.boolean()),
  attributes: optional(attributes),
  signal: optional(z.instanceof(AbortSignal)),
});

const waitOptions = z.strictObject({ timeoutMs: optional(deadline), signal: optional(z.instanceof(AbortSignal)) });

const shutdownOptions = z.strictObject({
  graceful: optional(z.boolean()),
  graceMs: optional(milliseconds),
  unfinished: optional(z.enum(['cancel', 'redrive'])),
  reason: optional(text),
});

const busRequest = z.strictObject({ timeoutMs: milliseconds });

const failureReport = z.strictObject({
  message: text,
  code: optional(name),
  retryable: optional(z.boolean()),
  token: optional(z.number()),
});

/** @throws {BanyanError} BAD_INPUT naming every place that is wrong */
export function checkSpawn(request: SpawnRequest): SpawnRequest {
  return checked(spawnRequest, request, 'spawnAgent') as SpawnRequest;
}

/** @throws {BanyanError} BAD_INPUT naming every place that is wrong */
export function checkTask(request: TaskRequest): TaskRequest {
  return checked(taskRequest, request, 'delegateTask') as TaskRequest;
}

/** @throws {BanyanError} BAD_INPUT naming every place that is wrong */
export function checkWait(options: WaitOptions): WaitOptions {
  return checked(waitOptions, options, 'waitForTask') as WaitOptions;
}

/** @throws {BanyanError} BAD_INPUT naming every place that is wrong */
export function checkShutdown(options: ShutdownOptions): ShutdownOptions {
  return checked(shutdownOptions, options, 'shutdownAgent') as ShutdownOptions;
}

/** @throws {BanyanError} BAD_INPUT */
export function checkBusRequest(options: { readonly timeoutMs: number }): void {
  checked(busRequest, options, 'request');
}

/** By hand: it stands in the way of every task that somebody outside does. @throws {BanyanError} BAD_INPUT */
export function checkCompletion(given: Completion): Completion {
  const isObject = typeof given === 'object' && given !== null;
  if (isObject && (given.token === undefined || typeof given.token === 'number')) return given;
  throw new BanyanError('BAD_INPUT', `completeTask: ${isObject ? 'token: expected a number' : 'expected an object'}`);
}

/** @throws {BanyanError} BAD_INPUT naming every place that is wrong */
export function checkFailure(report: FailureReport): FailureReport {
  return checked(failureReport, report, 'failTask') as FailureReport;
}

/** @throws {BanyanError} BAD_INPUT naming every place that is wrong */
export function checked<T>(schema: z.ZodType<T>, request: unknown, operation: string): T {
  const result = schema.safeParse(request);
  if (result.success) return result.data;
  const places = result.error.issues.map((issue) => `${issue.path.join('.') || 'request'}: ${issue.message}`);
  throw new BanyanError('BAD_INPUT', `${operation}: ${places.join('; ')}`);
}
