import { BanyanError } from '../contract/errors.ts';
import type { HookName } from '../contract/hooks.ts';
import type { Task, TaskRequest } from '../contract/tasks.ts';
import { Admission } from './admission.ts';
import { agentView } from './agents.ts';
import type { Core } from './core.ts';
import { chooseAgent, type Dispatcher } from './dispatcher.ts';
import type { Endings } from './endings.ts';
import type { Operation } from './hooks/index.ts';
import { checkTask } from './requests.ts';
import { taskOf } from './store/rows.ts';
import { delegateEvent, patchedSpec, specOf } from './task-spec.ts';
import { isFinal, type TaskRecord, type TaskSpec, taskView } from './tasks.ts';

/** How tasks come into the kernel. */
export class Delegation {
  readonly #core: Core;
  readonly #dispatcher: Dispatcher;
  readonly #endings: Endings;
  readonly #admission: Admission;
  /** Idempotency keys of live tasks; those of ended ones stand in the store. */
  readonly #keys = new Map<string, string>();
  /** Takes back that the kernel listens to the signal of a request, for each live task that has one. */
  readonly #deafen = new Set<() => void>();

  constructor(core: Core, dispatcher: Dispatcher, endings: Endings) {
    this.#core = core;
    this.#dispatcher = dispatcher;
    this.#endings = endings;
    this.#admission = new Admission(core);
  }

  /** `mustGoOn`: throws once whoever asks has no say any more. */
  async delegate(request: TaskRequest, mustGoOn?: () => void): Promise<Task> {
    this.#core.journal.mustBeOpen();
    const askedAtMs = this.#core.clock.now();
    const checked = checkTask(request);
    notAborted(checked.signal);
    const asked = specOf(this.#core, checked);
    const known = this.#byKey(asked);
    if (known !== null) return this.#answer(known);
    if (request.id !== undefined) this.#admission.idIsFree(asked.id);
    const { spec, chosenId } = this.#hasListeners() ? await this.#pluginsSay(asked) : { spec: asked, chosenId: null };
    // From here to the record nothing waits: what was checked still holds when it is written.
    notAborted(checked.signal);
    mustGoOn?.();
    const raced = this.#byKey(spec);
    if (raced !== null) return this.#answer(raced);
    // In the store an id of ours cannot stand: they are made to be unique, and looking costs.
    if (request.id !== undefined) this.#admission.idIsFree(spec.id);
    else this.#admission.isNotLive(spec.id);
    this.#admission.mayCome(spec);
    const task = this.#admit(spec, chosenId);
    this.#cancelOnAbort(task, checked.signal);
    const answer = taskView(task);
    await this.#core.journal.durable();
    this.#measure(askedAtMs, answer);
    return answer;
  }

  /** No signal is heard any more. */
  close(): void {
    for (const deafen of this.#deafen) deafen();
    this.#deafen.clear();
  }

  /** Notes the key of a task that an earlier process left. */
  restore(task: TaskRecord): void {
    if (task.spec.idempotencyKey !== null) this.#keys.set(task.spec.idempotencyKey, task.spec.id);
  }

  /** A task has ended, and the store knows its key. */
  forget({ spec }: TaskRecord): void {
    if (spec.idempotencyKey !== null) this.#keys.delete(spec.idempotencyKey);
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

  #hasListeners(): boolean {
    return ASKED.some((hook) => this.#core.plugins.listens(hook));
  }

  async #pluginsSay(asked: TaskSpec): Promise<{ spec: TaskSpec; chosenId: string | null }> {
    const operation = this.#core.plugins.begin();
    try {
      const offered = delegateEvent(asked);
      // Waits only for plugins that take their time: most answer at once, and a wait costs more than their answer.
      const transformed = operation.transform('before_task_delegate', offered);
      const event = transformed instanceof Promise ? await transformed : transformed;
      const guarded = operation.guard('allow_task_delegate', event);
      if (guarded instanceof Promise) await guarded;
      const spec = event === offered ? asked : patchedSpec(asked, event, this.#core.settings.jsonBytesMax);
      const choosing = this.#choose(operation, spec);
      return { spec, chosenId: choosing === null ? null : await choosing };
    } finally {
      operation.end();
    }
  }

  /** Plugins choose before the task is recorded, so that the answer already says where it runs. */
  #choose(operation: Operation, spec: TaskSpec): Promise<string> | null {
    const { plugins, router } = this.#core;
    if (!plugins.listens('choose_agent') || spec.dependsOn.length > 0) return null;
    const task = this.#admission.draft(spec);
    const free = router.free(task);
    if (free.length < 2) return null;
    return chooseAgent(operation, { task: taskView(task), candidates: free.map(agentView) });
  }

  #admit(spec: TaskSpec, chosenId: string | null): TaskRecord {
    const dependencies = spec.dependsOn.flatMap(({ taskId }) => this.#admission.find(taskId) ?? []);
    const open = dependencies.filter((dependency) => !isFinal(dependency.status));
    this.#admission.mayWait(spec, open.length > 0);
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

  #cancelOnAbort(task: TaskRecord, signal: AbortSignal | undefined): void {
    if (signal === undefined) return;
    const cancel = () => this.#endings.cancel(task, 'its caller aborted it');
    signal.addEventListener('abort', cancel, { once: true });
    const deafen = () => signal.removeEventListener('abort', cancel);
    this.#deafen.add(deafen);
    this.#core.waiters.onEnd(task.spec.id, () => {
      this.#deafen.delete(deafen);
      deafen();
    });
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

function notAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true)
    throw new BanyanError('ABORTED', 'delegateTask was aborted before the task was recorded');
}
