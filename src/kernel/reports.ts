import { BanyanError } from '../contract/errors.ts';
import type { Completion, Failure, FailureReport, Task } from '../contract/tasks.ts';
import type { Core } from './core.ts';
import { type Endings, failure } from './endings.ts';
import { Vetoed } from './hooks/index.ts';
import { copyJson } from './json.ts';
import { checkCompletion, checkFailure } from './requests.ts';
import { failureOf } from './runtimes/runtime.ts';
import { type TaskRecord, taskView } from './tasks.ts';

/** What agents, and those who work for them outside, report of running tasks. */
export class Reports {
  readonly #core: Core;
  readonly #endings: Endings;

  constructor(core: Core, endings: Endings) {
    this.#core = core;
    this.#endings = endings;
  }

  /** Somebody outside reports a result. A veto leaves the task running: they may report again. */
  async complete(taskId: string, completion: Completion): Promise<Task> {
    const { result, token } = checkCompletion(completion);
    const { task, running } = this.#running(taskId, token);
    await this.#record(task, running, copyJson(result, 'result', this.#core.settings.jsonBytesMax));
    return this.#answer(task);
  }

  async fail(taskId: string, report: FailureReport): Promise<Task> {
    const { message, code = 'task_error', retryable = true, token } = checkFailure(report);
    const { task } = this.#running(taskId, token);
    this.#endings.failAttempt(task, { code, message, retryable });
    return this.#answer(task);
  }

  /** A runtime has a result. It will not report again, so a veto is a failed attempt. */
  async completed(task: TaskRecord, token: number, result: unknown): Promise<void> {
    try {
      await this.#record(task, token, copyJson(result, 'result', this.#core.settings.jsonBytesMax));
    } catch (error) {
      if (isRunning(task, token)) this.#endings.failAttempt(task, refusal(error));
    }
  }

  failed(task: TaskRecord, token: number, error: Failure): void {
    if (isRunning(task, token)) this.#endings.failAttempt(task, error);
  }

  overtime(task: TaskRecord, token: number): void {
    if (isRunning(task, token)) this.#endings.failAttempt(task, failure('run_deadline'));
  }

  /** Plugins may change the result, and veto it. Meanwhile the task may have gone another way. */
  async #record(task: TaskRecord, token: number, result: unknown): Promise<void> {
    const said = this.#hasListeners() ? await this.#pluginsSay(task, result) : result;
    if (!isRunning(task, token)) throw stale(task, token);
    this.#endings.complete(task, said);
  }

  #hasListeners(): boolean {
    const { plugins } = this.#core;
    return plugins.listens('before_task_complete') || plugins.listens('allow_task_complete');
  }

  async #pluginsSay(task: TaskRecord, result: unknown): Promise<unknown> {
    const runMs = this.#core.clock.now() - (task.startedAtMs ?? 0);
    const operation = this.#core.plugins.begin();
    try {
      // Waits only for plugins that take their time.
      const transformed = operation.transform('before_task_complete', { task: taskView(task), result, runMs });
      const event = transformed instanceof Promise ? await transformed : transformed;
      const guarded = operation.guard('allow_task_complete', event);
      if (guarded instanceof Promise) await guarded;
      return event.result === result ? result : copyJson(event.result, 'result', this.#core.settings.jsonBytesMax);
    } finally {
      operation.end();
    }
  }

  #running(taskId: string, token: number | undefined): { task: TaskRecord; running: number } {
    this.#core.journal.mustWork();
    const task = this.#core.roster.tasks.get(taskId);
    if (task === undefined && this.#core.store.task(taskId) === null) {
      throw new BanyanError('UNKNOWN_TASK', `there is no task "${taskId}"`);
    }
    if (task?.status.state !== 'running') {
      const state = task?.status.state ?? 'over';
      throw new BanyanError('ILLEGAL_MOVE', `task ${taskId} is ${state}; only a running one can be reported on`);
    }
    if (token !== undefined && token !== task.status.token) throw stale(task, token);
    return { task, running: task.status.token };
  }

  async #answer(task: TaskRecord): Promise<Task> {
    const answer = taskView(task);
    await this.#core.journal.durable();
    return answer;
  }
}

function isRunning(task: TaskRecord, token: number): boolean {
  return task.status.state === 'running' && task.status.token === token;
}

function stale(task: TaskRecord, token: number): BanyanError {
  const { status } = task;
  const now = status.state === 'running' ? `runs under ${status.token}` : `is ${status.state}`;
  return new BanyanError('STALE_TOKEN', `the report is of attempt ${token}; task ${task.spec.id} ${now}`);
}

function refusal(error: unknown): Failure {
  if (error instanceof Vetoed) return { code: 'vetoed', message: error.message, retryable: true };
  if (error instanceof BanyanError && error.code === 'BAD_INPUT') {
    return { code: 'bad_result', message: error.message, retryable: false };
  }
  return failureOf(error);
}
