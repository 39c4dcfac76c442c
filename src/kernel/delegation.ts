import { createHash } from 'node:crypto';
import { BanyanError, RetryLaterError } from '../contract/errors.ts';
import type { HookName, TaskDelegateEvent } from '../contract/hooks.ts';
import { type Dependency, PRIORITY, type Task, type TaskDeadlines, type TaskRequest } from '../contract/kernel.ts';
import { agentView, isLive } from './agents.ts';
import { type Core, hitLimit } from './core.ts';
import { chooseAgent, type Dispatcher } from './dispatcher.ts';
import type { Endings } from './endings.ts';
import type { Operation } from './hooks/index.ts';
import { copyJson, deepFreeze } from './json.ts';
import { describeNeed, mayRunTask } from './match.ts';
import { checkTask } from './requests.ts';
import { taskOf } from './store/rows.ts';
import {
  isFinal,
  NO_ATTRIBUTES,
  NO_DEPENDENCIES,
  NO_NAMES,
  newTask,
  type TaskRecord,
  type TaskSpec,
  taskView,
} from './tasks.ts';

/** How tasks come into the kernel. */
export class Delegation {
  readonly #core: Core;
  readonly #dispatcher: Dispatcher;
  readonly #endings: Endings;
  /** Idempotency keys of live tasks; those of ended ones stand in the store. */
  readonly #keys = new Map<string, string>();

  constructor(core: Core, dispatcher: Dispatcher, endings: Endings) {
    this.#core = core;
    this.#dispatcher = dispatcher;
    this.#endings = endings;
  }

  async delegate(request: TaskRequest): Promise<Task> {
    const askedAtMs = this.#core.clock.now();
    const checked = checkTask(request);
    if (checked.signal?.aborted === true) throw new BanyanError('ABORTED', 'delegateTask was aborted before it began');
    const asked = this.#specOf(checked);
    const known = this.#byKey(asked);
    if (known !== null) return this.#answer(known);
    if (request.id !== undefined) this.#idIsFree(asked.id);
    const { spec, chosenId } = await this.#pluginsSay(asked);
    // From here to the record nothing waits: what was checked still holds when it is written.
    const raced = this.#byKey(spec);
    if (raced !== null) return this.#answer(raced);
    if (request.id !== undefined) this.#idIsFree(spec.id);
    this.#mayCome(spec);
    const task = this.#admit(spec, chosenId);
    this.#cancelOnAbort(task, checked.signal);
    const answer = taskView(task);
    await this.#core.journal.durable();
    this.#measure(askedAtMs, answer);
    return answer;
  }

  /** Notes the key of a task that an earlier process left. */
  restore(task: TaskRecord): void {
    if (task.spec.idempotencyKey !== null) this.#keys.set(task.spec.idempotencyKey, task.spec.id);
  }

  /** A task has ended, and the store knows its key. */
  forget({ spec }: TaskRecord): void {
    if (spec.idempotencyKey !== null) this.#keys.delete(spec.idempotencyKey);
  }

  #specOf(request: TaskRequest): TaskSpec {
    const { settings, newId, clock, roster } = this.#core;
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

  /** The task that the key stands for already. @throws {BanyanError} IDEMPOTENCY_MISMATCH */
  #byKey(asked: TaskSpec): TaskRecord | null {
    if (asked.idempotencyKey === null) return null;
    const known = this.#lookUpKey(asked.idempotencyKey);
    if (known === null || known.spec.fingerprint === asked.fingerprint) return known;
    const { idempotencyKey, type } = known.spec;
    throw new BanyanError(
      'IDEMPOTENCY_MISMATCH',
      `the idempotency key "${idempotencyKey}" stands for task ${known.spec.id} of type "${type}", which was asked for differently`,
    );
  }

  #lookUpKey(key: string): TaskRecord | null {
    const live = this.#core.roster.tasks.get(this.#keys.get(key) ?? '');
    if (live !== undefined) return live;
    const row = this.#core.store.taskByKey(key);
    return row === null ? null : taskOf(row);
  }

  /** The first one may not be durable yet: its second caller waits for that too. */
  async #answer(known: TaskRecord): Promise<Task> {
    await this.#core.journal.durable();
    return taskView(known);
  }

  async #pluginsSay(asked: TaskSpec): Promise<{ spec: TaskSpec; chosenId: string | null }> {
    const { plugins } = this.#core;
    if (!ASKED.some((hook) => plugins.listens(hook))) return { spec: asked, chosenId: null };
    const operation = plugins.begin();
    try {
      const event = await operation.transform('before_task_delegate', delegateEvent(asked));
      await operation.guard('allow_task_delegate', event);
      const spec = this.#patched(asked, event);
      return { spec, chosenId: await this.#choose(operation, spec) };
    } finally {
      operation.end();
    }
  }

  #patched(asked: TaskSpec, event: TaskDelegateEvent): TaskSpec {
    const { jsonBytesMax } = this.#core.settings;
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

  /** Plugins choose before the task is recorded, so that the answer already says where it runs. */
  async #choose(operation: Operation, spec: TaskSpec): Promise<string | null> {
    const { plugins, router } = this.#core;
    if (!plugins.listens('choose_agent') || spec.dependsOn.length > 0) return null;
    const task = this.#draft(spec);
    const free = router.free(task);
    if (free.length < 2) return null;
    return chooseAgent(operation, { task: taskView(task), candidates: free.map(agentView) });
  }

  /** The task as it would be, for those who judge it before it is. */
  #draft(spec: TaskSpec): TaskRecord {
    const nowMs = this.#core.clock.now();
    return newTask(spec, { state: 'queued', sinceMs: nowMs }, 0, nowMs);
  }

  /** @throws {BanyanError} what delegateTask documents */
  #mayCome(spec: TaskSpec): void {
    this.#core.journal.mustWork();
    this.#agentIsThere(spec);
    this.#parentIsThere(spec);
    this.#dependenciesAreThere(spec);
    this.#queueHasRoom();
  }

  #idIsFree(id: string): void {
    if (!this.#core.roster.tasks.has(id) && this.#core.store.task(id) === null) return;
    throw new BanyanError('DUPLICATE_ID', `there is a task with the id "${id}" already`);
  }

  #agentIsThere(spec: TaskSpec): void {
    const { agentId } = spec;
    if (agentId === null) return;
    const agent = this.#core.roster.agents.get(agentId);
    if (agent === undefined) throw new BanyanError('UNKNOWN_AGENT', `there is no agent "${agentId}"`);
    if (!isLive(agent)) throw new BanyanError('NO_AGENT_AVAILABLE', `agent ${agentId} is ${agent.status.state}`);
    const draft = this.#draft(spec);
    if (mayRunTask(agent, draft)) return;
    throw new BanyanError(
      'NO_AGENT_AVAILABLE',
      `agent ${agentId} does not fit: it was asked for ${describeNeed(draft)}`,
    );
  }

  #parentIsThere({ parentId, depth }: TaskSpec): void {
    if (parentId === null) return;
    const parent = this.#core.roster.tasks.get(parentId);
    if (parent === undefined)
      throw new BanyanError('UNKNOWN_TASK', `there is no live task "${parentId}" to be the parent`);
    if (isFinal(parent.status))
      throw new BanyanError('ILLEGAL_MOVE', `the parent ${parentId} is ${parent.status.state}`);
    const { depthMax, childrenMax } = this.#core.settings;
    if (depth > depthMax) throw this.#beyond('depthMax', `more than ${depthMax} generations below one task`);
    if (this.#core.family.childCount(parentId) >= childrenMax) {
      throw this.#beyond('childrenMax', `${parentId} has ${childrenMax} live children already`);
    }
  }

  #dependenciesAreThere({ dependsOn }: TaskSpec): void {
    const { dependenciesMax } = this.#core.settings;
    if (dependsOn.length > dependenciesMax) {
      throw this.#beyond(
        'dependenciesMax',
        `it depends on ${dependsOn.length} tasks, at most ${dependenciesMax} are followed`,
      );
    }
    for (const { taskId } of dependsOn) {
      if (this.#find(taskId) === null)
        throw new BanyanError('UNKNOWN_TASK', `there is no task "${taskId}" to depend on`);
    }
  }

  #queueHasRoom(): void {
    const { roster, settings } = this.#core;
    if (roster.taskCounts.queued + roster.taskCounts.waiting < settings.queueMax) return;
    throw this.#beyond('queueMax', `${settings.queueMax} tasks wait already`);
  }

  #beyond(limit: string, message: string): RetryLaterError {
    hitLimit(this.#core, limit);
    return new RetryLaterError('OVERLOADED', message, this.#core.pace.retryAfterMs());
  }

  #admit(spec: TaskSpec, chosenId: string | null): TaskRecord {
    const dependencies = spec.dependsOn.flatMap(({ taskId }) => this.#find(taskId) ?? []);
    const open = dependencies.filter((dependency) => !isFinal(dependency.status));
    this.#mayQueue(spec, open.length > 0);
    const task = this.#core.roster.addTask(spec, open.length > 0);
    this.restore(task);
    this.#core.family.add(
      task,
      open.map((dependency) => dependency.spec.id),
    );
    const mayRun = dependencies.every(
      (dependency) => !isFinal(dependency.status) || this.#endings.applyDependency(task, dependency),
    );
    if (mayRun && open.length === 0) this.#dispatcher.place(task, chosenId);
    return task;
  }

  /** @throws {BanyanError} NO_AGENT_AVAILABLE where the request would rather not wait */
  #mayQueue(spec: TaskSpec, isWaiting: boolean): void {
    const { plugins, router, roster } = this.#core;
    if (isWaiting || spec.whenBusy !== 'reject') return;
    const task = this.#draft(spec);
    if (router.free(task).length > 0) return;
    if (router.isHopeless(task)) {
      plugins.observe('on_no_agent_available', { task: taskView(task), capabilities: spec.capabilities });
    }
    const { idle, busy } = roster.agentCounts;
    throw new RetryLaterError(
      'NO_AGENT_AVAILABLE',
      `no agent is free for ${describeNeed(task)}: of ${idle + busy} agents ${busy} are busy`,
      this.#core.pace.retryAfterMs(),
    );
  }

  #find(taskId: string): TaskRecord | null {
    const live = this.#core.roster.tasks.get(taskId);
    if (live !== undefined) return live;
    const row = this.#core.store.task(taskId);
    return row === null ? null : taskOf(row);
  }

  #cancelOnAbort(task: TaskRecord, signal: AbortSignal | undefined): void {
    if (signal === undefined) return;
    const cancel = () => this.#endings.cancel(task, 'its caller aborted it');
    signal.addEventListener('abort', cancel, { once: true });
    this.#core.waiters.onEnd(task.spec.id, () => signal.removeEventListener('abort', cancel));
  }

  #measure(askedAtMs: number, task: Task): void {
    const { clock, plugins } = this.#core;
    if (!plugins.listens('on_performance_metric')) return;
    const atMs = clock.now();
    const value = atMs - askedAtMs;
    const { id: taskId, agentId } = task;
    plugins.observe('on_performance_metric', { name: 'delegate_ms', value, unit: 'ms', agentId, taskId, atMs });
  }
}

const ASKED = ['before_task_delegate', 'allow_task_delegate', 'choose_agent'] as const satisfies readonly HookName[];

function attributesOf(given: unknown, bytesMax: number): Readonly<Record<string, unknown>> {
  return (copyJson(given, 'attributes', bytesMax) ?? NO_ATTRIBUTES) as Readonly<Record<string, unknown>>;
}

function deadlinesOf(given: TaskRequest['deadlines'], { queueMs, runMs }: TaskDeadlines): TaskDeadlines {
  return Object.freeze({ queueMs: given?.queueMs ?? queueMs, runMs: given?.runMs ?? runMs });
}

function namesOf(given: readonly string[] | undefined): readonly string[] {
  return given === undefined || given.length === 0 ? NO_NAMES : Object.freeze([...new Set(given)]);
}

function dependenciesOf(given: readonly Dependency[]): readonly Dependency[] {
  return deepFreeze(given.map((dependency) => ({ ...dependency }))) as readonly Dependency[];
}

/** Of what the caller asked for, before plugins changed it. */
function fingerprintOf({ type, description, input, agentId, role, capabilities }: TaskRequest): string {
  const text = JSON.stringify([type, description, input, agentId, role, capabilities]);
  return createHash('sha256').update(text).digest('base64url');
}

function delegateEvent(spec: TaskSpec): TaskDelegateEvent {
  return {
    taskId: spec.id,
    type: spec.type,
    description: spec.description,
    input: spec.input,
    priority: spec.priority,
    capabilities: spec.capabilities,
    agentId: spec.agentId,
    preferredRole: spec.preferredRole,
    rehearsal: spec.rehearsal,
    runMs: spec.deadlines.runMs,
    attributes: spec.attributes,
  };
}
