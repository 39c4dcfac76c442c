import type { Failure } from '../contract/tasks.ts';
import { type AgentRecord, tasksOf } from './agents.ts';
import { type Core, hitLimit } from './core.ts';
import type { Alarm } from './deadlines.ts';
import { type Attempt, failureOf } from './runtimes/runtime.ts';
import { type TaskRecord, taskView } from './tasks.ts';

/** Runs that may begin before their start is durable. */
const UNRECORDED_MAX = 256;

/** One attempt under way on an agent. */
class Run implements Attempt {
  readonly task: TaskRecord;
  readonly agent: AgentRecord;
  /** Fencing token: whoever reports with another one reports an attempt that is over. */
  readonly token: number;
  /** Whether the runtime has it: before that there is nothing to stop. */
  isStarted = false;
  /** Whether somebody outside does the work: there is nothing to wait for. */
  isOutside = false;
  isSettled = false;
  /** Why the task has gone on without it; what it still answers is late. */
  over: string | null = null;
  killAlarm: Alarm | null = null;
  #controller: AbortController | null = null;

  constructor(task: TaskRecord, agent: AgentRecord, token: number) {
    this.task = task;
    this.agent = agent;
    this.token = token;
  }

  /** Made when it is asked for: most runs end before anybody wants to stop them. */
  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    if (this.over !== null) this.#abort(this.over);
    return this.#controller.signal;
  }

  goesOver(why: string): void {
    this.over = why;
    if (!this.isSettled) this.#abort(why);
  }

  #abort(why: string): void {
    if (this.#controller?.signal.aborted === false) this.#controller.abort(new Error(why));
  }
}

export type RunEvents = {
  readonly completed: (task: TaskRecord, token: number, result: unknown) => void;
  readonly failed: (task: TaskRecord, token: number, failure: Failure) => void;
  readonly overtime: (task: TaskRecord, token: number) => void;
  /** A task was handed to an agent; `fromAgentId`: the one it was taken from. */
  readonly began: (task: TaskRecord, agent: AgentRecord, fromAgentId: string | null) => void;
  /** The agent has a free place again. */
  readonly freed: (agent: AgentRecord) => void;
};

/**
 * The attempts under way. An attempt starts once its record is durable. When its task goes another way
 * (cancelled, interrupted, overdue) it is asked to stop and keeps its place until it has, for `killMs` at most.
 */
export class Runs {
  readonly #core: Core;
  readonly #on: RunEvents;
  readonly #byTask = new Map<string, Run>();
  readonly #byAgent = new Map<string, Set<Run>>();
  /** Runs begun since the last commit whose start is not durable. */
  #unrecorded = 0;
  #isClosed = false;

  constructor(core: Core, on: RunEvents) {
    this.#core = core;
    this.#on = on;
  }

  /** Starts an attempt of a queued task on an agent with a free place. */
  begin(task: TaskRecord, agent: AgentRecord): void {
    const { journal, roster } = this.#core;
    const token = ++journal.counters.token;
    roster.moveTask(task, { move: 'started', agentId: agent.spec.id, token });
    roster.moveAgent(agent, { move: 'assigned', taskId: task.spec.id });
    const run = this.#add(task, agent, token);
    task.alarm = this.#core.deadlines.in(this.#runMs(task), () => this.#on.overtime(task, token));
    this.#on.began(task, agent, task.movedFrom);
    task.movedFrom = null;
    if (this.#mayStartNow(task, agent)) queueMicrotask(() => this.#start(run));
    else journal.afterCommit(() => this.#start(run));
  }

  /**
   * A start is recorded before it happens, unless that makes no difference: a task that is durable, may be
   * driven again and dies with this process is in the same place after a kill -9, whether its start was
   * recorded or not. Not so one that an earlier process left: it may be what killed that, so each of its starts
   * is counted. Nor more than so many between two commits: a queue of quick tasks would hold the event loop.
   */
  #mayStartNow(task: TaskRecord, agent: AgentRecord): boolean {
    if (!task.isStored || task.isRestored || task.spec.whenInterrupted === 'fail') return false;
    if (this.#core.sessions.get(agent.spec.id)?.outlivesHost !== false) return false;
    if (this.#unrecorded >= UNRECORDED_MAX) return false;
    this.#unrecorded += 1;
    if (this.#unrecorded === 1) this.#core.journal.afterCommit(() => this.#recorded());
    return true;
  }

  #recorded(): void {
    this.#unrecorded = 0;
  }

  /** Takes up an attempt that somebody outside was doing when the host died. */
  resume(task: TaskRecord, agent: AgentRecord, token: number, leftMs: number): void {
    const run = this.#add(task, agent, token);
    if (task.spec.deadlines.runMs !== 'never') {
      task.alarm = this.#core.deadlines.in(leftMs, () => this.#on.overtime(task, token));
    }
    this.#start(run);
  }

  /** The task has moved away from its attempt. */
  end(task: TaskRecord, why: string): void {
    const run = this.#byTask.get(task.spec.id);
    if (run === undefined) return;
    this.#byTask.delete(task.spec.id);
    run.goesOver(why);
    if (run.isSettled || run.isOutside || !run.isStarted || this.#isClosed) {
      this.#release(run);
      return;
    }
    run.killAlarm = this.#core.deadlines.in(this.#core.settings.deadlines.killMs, () => this.#abandon(run));
  }

  /** Frees the places of an agent whose tasks have gone another way, where no run of this process would. */
  releaseLeft(agent: AgentRecord): void {
    const { id } = agent.spec;
    const held = new Set(Array.from(this.#byAgent.get(id) ?? [], ({ task }) => task.spec.id));
    for (const taskId of tasksOf(agent.status)) {
      const status = this.#core.roster.tasks.get(taskId)?.status;
      if (held.has(taskId) || (status?.state === 'running' && status.agentId === id)) continue;
      this.#core.roster.moveAgent(agent, { move: 'released', taskId });
    }
    this.#on.freed(agent);
  }

  /** The agent is gone, and its places with it. */
  drop(agent: AgentRecord, why: string): void {
    for (const run of this.#byAgent.get(agent.spec.id) ?? []) {
      this.#core.deadlines.cancel(run.killAlarm);
      if (this.#byTask.get(run.task.spec.id) === run) this.#byTask.delete(run.task.spec.id);
      run.goesOver(why);
    }
    this.#byAgent.delete(agent.spec.id);
  }

  /** The agent has stopped, without a run. */
  forget(agent: AgentRecord): void {
    this.#byAgent.delete(agent.spec.id);
  }

  /** The kernel is closing: nothing that runs is heard any more, and its tasks stay as they are recorded. */
  close(): void {
    this.#isClosed = true;
    for (const runs of this.#byAgent.values()) {
      for (const run of runs) run.goesOver('the kernel was closed');
    }
  }

  #add(task: TaskRecord, agent: AgentRecord, token: number): Run {
    const run = new Run(task, agent, token);
    this.#byTask.set(task.spec.id, run);
    const onAgent = this.#byAgent.get(agent.spec.id);
    if (onAgent === undefined) this.#byAgent.set(agent.spec.id, new Set([run]));
    else onAgent.add(run);
    return run;
  }

  #start(run: Run): void {
    if (run.over !== null) return;
    run.isStarted = true;
    const session = this.#core.sessions.get(run.agent.spec.id);
    if (session === undefined) {
      this.#settled(run, () => this.#on.failed(run.task, run.token, NO_SESSION));
      return;
    }
    let result: Promise<unknown> | null;
    try {
      result = session.run(taskView(run.task), run);
    } catch (error) {
      this.#settled(run, () => this.#on.failed(run.task, run.token, failureOf(error)));
      return;
    }
    if (result === null) {
      run.isOutside = true;
      return;
    }
    result.then(
      (value) => this.#settled(run, () => this.#on.completed(run.task, run.token, value)),
      (error) => this.#settled(run, () => this.#on.failed(run.task, run.token, failureOf(error))),
    );
  }

  #settled(run: Run, report: () => void): void {
    run.isSettled = true;
    if (this.#isClosed) return;
    if (run.over === null) {
      report();
      return;
    }
    this.#core.deadlines.cancel(run.killAlarm);
    this.#release(run);
  }

  /**
   * It did not stop when asked. Where its runtime can be ended by force, its agent fails with it; a function
   * cannot be: its place is given away, and its result, if it ever comes, is late.
   */
  #abandon(run: Run): void {
    hitLimit(this.#core, 'killMs');
    const session = this.#core.sessions.get(run.agent.spec.id);
    if (session?.force === undefined) this.#release(run);
    else session.force();
  }

  #release(run: Run): void {
    const onAgent = this.#byAgent.get(run.agent.spec.id);
    if (onAgent?.delete(run) !== true) return;
    if (!tasksOf(run.agent.status).includes(run.task.spec.id)) return;
    this.#core.roster.moveAgent(run.agent, { move: 'released', taskId: run.task.spec.id });
    this.#on.freed(run.agent);
  }

  /** A child ends no later than its parent's attempt. */
  #runMs(task: TaskRecord) {
    const { runMs } = task.spec.deadlines;
    const parent = task.spec.parentId === null ? undefined : this.#core.roster.tasks.get(task.spec.parentId);
    if (parent?.status.state !== 'running' || parent.alarm === null) return runMs;
    const leftMs = Math.max(0, parent.alarm.atMs - this.#core.clock.now());
    return runMs === 'never' ? leftMs : Math.min(runMs, leftMs);
  }
}

const NO_SESSION: Failure = { code: 'agent_failed', message: 'its agent has no runtime', retryable: true };
