import { BanyanError, RetryLaterError } from '../contract/errors.ts';
import { isLive } from './agents.ts';
import { type Core, hitLimit } from './core.ts';
import { describeNeed, mayRunTask } from './match.ts';
import { taskOf } from './store/rows.ts';
import { isFinal, newTask, type TaskRecord, type TaskSpec, taskView } from './tasks.ts';

/** Whether a task may come into the kernel. It only looks, and throws what `delegateTask` documents. */
export class Admission {
  readonly #core: Core;

  constructor(core: Core) {
    this.#core = core;
  }

  /** A live task, or one that has ended and is still kept. */
  find(taskId: string): TaskRecord | null {
    const live = this.#core.roster.tasks.get(taskId);
    if (live !== undefined) return live;
    const row = this.#core.store.task(taskId);
    return row === null ? null : taskOf(row);
  }

  /** The task as it would be, for those who judge it before it is. */
  draft(spec: TaskSpec): TaskRecord {
    const nowMs = this.#core.clock.now();
    return newTask(spec, { state: 'queued', sinceMs: nowMs }, 0, nowMs);
  }

  mayCome(spec: TaskSpec): void {
    this.#core.journal.mustWork();
    this.#agentIsThere(spec);
    this.#parentIsThere(spec);
    this.#dependenciesAreThere(spec);
  }

  /** No task that is kept has the id. */
  idIsFree(id: string): void {
    this.isNotLive(id);
    if (this.#core.store.task(id) !== null) throw isTaken(id);
  }

  isNotLive(id: string): void {
    if (this.#core.roster.tasks.has(id)) throw isTaken(id);
  }

  #agentIsThere(spec: TaskSpec): void {
    const { agentId } = spec;
    if (agentId === null) return;
    const agent = this.#core.roster.agents.get(agentId);
    if (agent === undefined) throw new BanyanError('UNKNOWN_AGENT', `there is no agent "${agentId}"`);
    if (!isLive(agent)) throw new BanyanError('NO_AGENT_AVAILABLE', `agent ${agentId} is ${agent.status.state}`);
    const draft = this.draft(spec);
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
      if (this.find(taskId) === null)
        throw new BanyanError('UNKNOWN_TASK', `there is no task "${taskId}" to depend on`);
    }
  }

  #beyond(limit: string, message: string): RetryLaterError {
    hitLimit(this.#core, limit);
    return new RetryLaterError('OVERLOADED', message, this.#core.pace.retryAfterMs());
  }

  /** A task that can run at once needs no place in the queue. `isWaiting`: for others, so it cannot. */
  mayWait(spec: TaskSpec, isWaiting: boolean): void {
    const { router, roster, settings } = this.#core;
    const isFull = roster.taskCounts.queued + roster.taskCounts.waiting >= settings.queueMax;
    const wouldRatherNot = spec.whenBusy === 'reject' && !isWaiting;
    if (!isFull && !wouldRatherNot) return;
    const task = this.draft(spec);
    if (!isWaiting && router.free(task).length > 0) return;
    if (wouldRatherNot) throw this.#nobodyIsFree(task);
    throw this.#beyond('queueMax', `${settings.queueMax} tasks wait already`);
  }

  #nobodyIsFree(task: TaskRecord): RetryLaterError {
    const { plugins, router, roster, pace } = this.#core;
    if (router.isHopeless(task)) {
      plugins.observe('on_no_agent_available', { task: taskView(task), capabilities: task.spec.capabilities });
    }
    const { idle, busy } = roster.agentCounts;
    const message = `no agent is free for ${describeNeed(task)}: of ${idle + busy} agents ${busy} are busy`;
    return new RetryLaterError('NO_AGENT_AVAILABLE', message, pace.retryAfterMs());
  }
}

function isTaken(id: string): BanyanError {
  return new BanyanError('DUPLICATE_ID', `there is a task with the id "${id}" already`);
}
