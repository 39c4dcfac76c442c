import { createHash } from 'node:crypto';
import type { TaskDelegateEvent } from '../contract/hooks.ts';
import { type Dependency, PRIORITY, type TaskDeadlines, type TaskRequest } from '../contract/tasks.ts';
import type { Core } from './core.ts';
import { copyJson, deepFreeze } from './json.ts';
import { NO_ATTRIBUTES, NO_DEPENDENCIES, NO_NAMES, type TaskSpec } from './tasks.ts';

/** A checked request with everything filled in that it leaves to the kernel. Nothing of it is the caller's any more. */
export function specOf({ settings, newId, clock, roster }: Core, request: TaskRequest): TaskSpec {
  const { jsonBytesMax } = settings;
  return {
    id: request.id ?? newId(),
    idempotencyKey: request.idempotencyKey ?? null,
    fingerprint: request.idempotencyKey === undefined ? null : fingerprintOf(request),
    type: request.type,
    description: request.description ?? '',
    input: copyJson(request.input, 'input', jsonBytesMax),
    priority: request.priority ?? PRIORITY.normal,
    agentId: request.agentId ?? null,
    role: request.role ?? null,
    preferredRole: request.preferredRole ?? null,
    capabilities: namesOf(request.capabilities),
    strategy: request.strategy ?? settings.strategy,
    affinityKey: request.affinityKey ?? null,
    whenBusy: request.whenBusy ?? settings.whenBusy,
    parentId: request.parentId ?? null,
    depth: request.parentId === undefined ? 0 : (roster.tasks.get(request.parentId)?.spec.depth ?? 0) + 1,
    dependsOn: request.dependsOn === undefined ? NO_DEPENDENCIES : dependenciesOf(request.dependsOn),
    deadlines: deadlinesOf(request.deadlines, settings.deadlines),
    retry: request.retry === undefined ? settings.retry : Object.freeze({ ...settings.retry, ...request.retry }),
    whenInterrupted: request.whenInterrupted ?? settings.whenInterrupted,
    rehearsal: request.rehearsal ?? settings.rehearsal,
    attributes: attributesOf(request.attributes, jsonBytesMax),
    createdAtMs: clock.now(),
  };
}

/** The spec as plugins see it. */
export function delegateEvent(spec: TaskSpec): TaskDelegateEvent {
  return {
    taskId: spec.id,
    type: spec.type,
    description: spec.description,
    input: spec.input,
    priority: spec.priority,
    capabilities: spec.capabilities,
    agentId: spec.agentId,
    role: spec.role,
    preferredRole: spec.preferredRole,
    rehearsal: spec.rehearsal,
    runMs: spec.deadlines.runMs,
    attributes: spec.attributes,
  };
}

/** The spec as plugins left it. */
export function patchedSpec(asked: TaskSpec, event: TaskDelegateEvent, jsonBytesMax: number): TaskSpec {
  const { input, attributes } = event;
  return {
    ...asked,
    input: input === asked.input ? input : copyJson(input, 'input from a plugin', jsonBytesMax),
    priority: event.priority,
    capabilities: namesOf(event.capabilities),
    agentId: event.agentId,
    preferredRole: event.preferredRole,
    rehearsal: event.rehearsal,
    deadlines: Object.freeze({ ...asked.deadlines, runMs: event.runMs }),
    attributes: attributes === asked.attributes ? attributes : attributesOf(attributes, jsonBytesMax),
  };
}

/** Of what the caller asked for, before plugins changed it. */
function fingerprintOf({ type, description, input, agentId, role, capabilities }: TaskRequest): string {
  const text = JSON.stringify([type, description, input, agentId, role, capabilities]);
  return createHash('sha256').update(text).digest('base64url');
}

function namesOf(given: readonly string[] | undefined): readonly string[] {
  return given === undefined || given.length === 0 ? NO_NAMES : Object.freeze([...new Set(given)]);
}

function dependenciesOf(given: readonly Dependency[]): readonly Dependency[] {
  return deepFreeze(given.map((dependency) => ({ ...dependency }))) as readonly Dependency[];
}

function deadlinesOf(given: TaskRequest['deadlines'], { queueMs, runMs }: TaskDeadlines): TaskDeadlines {
  return Object.freeze({ queueMs: given?.queueMs ?? queueMs, runMs: given?.runMs ?? runMs });
}

function attributesOf(given: unknown, bytesMax: number): Readonly<Record<string, unknown>> {
  return (copyJson(given, 'attributes', bytesMax) ?? NO_ATTRIBUTES) as Readonly<Record<string, unknown>>;
}
