import { FAILURES, type Failure, type FailureCode } from '../contract/tasks.ts';
import { type Core, hitLimit } from './core.ts';
import type { Dispatcher } from './dispatcher.ts';
import { retryPauseMs } from './retry.ts';
import type { Runs } from './runs.ts';
import { isFinal, type TaskRecord } from './tasks.ts';

/**
 * How tasks end, and what that means for those around them: their place is freed, their children are
 * cancelled, their dependents go on or do not.
 */
export class Endings {
  readonly #core: Core;
  readonly #runs: Runs;
  readonly #dispatcher: Dispatcher;
  /** Ended tasks whose dependents have not been told; a list, because a chain of them may be long. */
  readonly #toTell: TaskRecord[] = [];
  #isTelling = false;

  constructor(core: Core, runs: Runs, dispatcher: Dispatcher) {
    this.#core = core;
    this.#runs = runs;
    this.#dispatcher = dispatcher;
  }

  /** A running task has its result. */
  complete(task: TaskRecord, result: unknown): void {
    this.#leave(task);
    this.#core.roster.moveTask(task, { move: 'completed', result });
    this.#ended(task, 'it has completed');
  }

  /** A running attempt failed: another follows, or the task has failed. */
  failAttempt(task: TaskRecord, error: Failure): void {
    const { clock, random, roster } = this.#core;
    const pauseMs = retryPauseMs(task.spec.retry, task.failures + 1, error, random);
    if (pauseMs === null) {
      this.fail(task, error);
      return;
    }
    this.#leave(task);
    roster.moveTask(task, { move: 'retrying', error, untilMs: clock.now() + pauseMs });
    this.#stopRun(task, error.message);
    this.retryIn(task, pauseMs);
  }

  /** The pause before the next attempt begins. */
  retryIn(task: TaskRecord, pauseMs: number): void {
    task.alarm = this.#core.deadlines.in(pauseMs, () => {
      task.alarm = null;
      this.#ready(task);
    });
  }

  /** A running attempt was cut short through no fault of the task. */
  interrupt(task: TaskRecord, error: Failure): void {
    if (task.spec.whenInterrupted === 'fail') {
      this.fail(task, error);
      return;
    }
    if (task.interruptions >= this.#core.settings.redrivesMax) {
      hitLimit(this.#core, 'redrivesMax');
      this.fail(task, failure('interrupted_too_often', error.message));
      return;
    }
    this.requeue(task, () => this.#core.roster.moveTask(task, { move: 'interrupted', error }), error.message);
  }

  /** A running task makes room for a more urgent one. However often: that is no sign that it kills its agents. */
  giveWay(task: TaskRecord, why: string): void {
    const error: Failure = { code: 'interrupted', message: why, retryable: true };
    this.requeue(task, () => this.#core.roster.moveTask(task, { move: 'interrupted', error }), why);
    task.interruptions -= 1;
  }

  /** Puts a running task back: `move` says how. */
  requeue(task: TaskRecord, move: () => void, why: string): void {
    this.#leave(task);
    task.movedFrom = task.agentId;
    move();
    this.#stopRun(task, why);
    this.#dispatcher.place(task);
  }

  cancel(task: TaskRecord, reason: string): void {
    if (isFinal(task.status)) return;
    this.#leave(task);
    this.#core.roster.moveTask(task, { move: 'cancelled', reason });
    this.#ended(task, reason);
  }

  /** It has failed for good, wherever it stood. */
  fail(task: TaskRecord, error: Failure): void {
    if (isFinal(task.status)) return;
    this.#leave(task);
    this.#core.roster.moveTask(task, { move: 'failed', error });
    this.#ended(task, error.message);
  }

  /** Out of every queue, its alarm off. */
  #leave(task: TaskRecord): void {
    this.#core.deadlines.cancel(task.alarm);
    task.alarm = null;
    this.#dispatcher.withdraw(task);
  }

  /** Children belong to an attempt: only a completed one leaves them to go on. */
  #stopRun(task: TaskRecord, why: string): void {
    this.#cancelChildren(task, why);
    this.#runs.end(task, why);
  }

  #cancelChildren(task: TaskRecord, why: string): void {
    for (const id of this.#core.family.childrenOf(task.spec.id)) {
      const child = this.#core.roster.tasks.get(id);
      if (child !== undefined) this.cancel(child, `its parent ended: ${why}`);
    }
  }

  #ended(task: TaskRecord, why: string): void {
    if (task.status.state !== 'completed') this.#cancelChildren(task, why);
    this.#toTell.push(task);
    this.#runs.end(task, why);
    this.#tellDependents();
  }

  #tellDependents(): void {
    if (this.#isTelling) return;
    this.#isTelling = true;
    for (let ended = this.#toTell.shift(); ended !== undefined; ended = this.#toTell.shift()) {
      const dependents = this.#core.family.dependentsOf(ended.spec.id);
      this.#core.family.remove(ended);
      for (const id of dependents) this.#tell(id, ended);
    }
    this.#isTelling = false;
  }

  #tell(dependentId: string, ended: TaskRecord): void {
    const dependent = this.#core.roster.tasks.get(dependentId);
    if (dependent === undefined || dependent.status.state !== 'waiting') return;
    const isReady = this.#core.family.isReadyWithout(dependentId, ended.spec.id);
    if (this.applyDependency(dependent, ended) && isReady) this.#ready(dependent);
  }

  /** What the end of a task means for one that depends on it; whether that may still run. */
  applyDependency(
    dependent: TaskRecord,
    ended: { readonly spec: { id: string }; status: TaskRecord['status'] },
  ): boolean {
    if (ended.status.state === 'completed') return true;
    const { id } = ended.spec;
    const edge = dependent.spec.dependsOn.find((dependency) => dependency.taskId === id);
    switch (edge?.otherwise ?? 'fail') {
      case 'run':
        return true;
      case 'cancel':
        this.cancel(dependent, `task ${id}, which it depends on, is ${ended.status.state}`);
        return false;
      case 'fail':
        this.fail(dependent, failure('dependency_failed', `task ${id} is ${ended.status.state}`));
        return false;
    }
  }

  #ready(task: TaskRecord): void {
    this.#core.roster.moveTask(task, { move: 'ready' });
    this.#dispatcher.place(task);
  }
}

/** A failure that the kernel itself gives. */
export function failure(code: FailureCode, detail?: string): Failure {
  const message = detail === undefined ? FAILURES[code] : `${FAILURES[code]}: ${detail}`;
  return { code, message, retryable: true };
}
