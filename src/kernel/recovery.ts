import type { AgentFailures } from './agent-failures.ts';
import { type AgentRecord, tasksOf } from './agents.ts';
import type { Core } from './core.ts';
import type { Delegation } from './delegation.ts';
import type { Dispatcher } from './dispatcher.ts';
import { type Endings, failure } from './endings.ts';
import type { Heartbeats } from './heartbeats.ts';
import type { Runs } from './runs.ts';
import { OUTLIVES_HOST } from './runtimes/registry.ts';
import type { Sessions } from './sessions.ts';
import type { Shutdowns } from './shutdowns.ts';
import { agentOf, taskOf } from './store/rows.ts';
import type { TaskRecord } from './tasks.ts';

/**
 * Takes up what the last process left, however it ended. Agents start again; what an agent outside was doing
 * goes on, what died with the host is driven again or failed, by the task's own policy.
 */
export class Recovery {
  readonly #core: Core;
  readonly #parts: Parts;
  #agents: readonly AgentRecord[] = [];
  /** Those that ran or paused, and how they stood. */
  #tasks: readonly { readonly task: TaskRecord; readonly status: TaskRecord['status'] }[] = [];

  constructor(core: Core, parts: Parts) {
    this.#core = core;
    this.#parts = parts;
  }

  /** Reads the records: from here on they can be looked up, and moved. What was queued stands in the queue. */
  read(): void {
    const { agents, tasks } = this.#core.store.load();
    this.#core.roster.restore(agents.map(agentOf), tasks.map(taskOf));
    const left = [...this.#core.roster.tasks.values()];
    for (const task of left) {
      this.#relate(task);
      if (task.status.state === 'queued') this.#core.queue.add(task);
    }
    this.#agents = [...this.#core.roster.agents.values()];
    this.#tasks = left.filter(isUnderWay).map((task) => ({ task, status: task.status }));
  }

  /** Sets everything going again that an earlier process left, and lets tasks start. */
  resume(): void {
    for (const agent of this.#agents) this.#resumeAgent(agent);
    // What plugins did, and what becomes of the agents, moves tasks already; those have been seen to.
    for (const { task, status } of this.#tasks) if (task.status === status) this.#resumeTask(task);
    this.#agents = [];
    this.#tasks = [];
    // Only now: an agent that has not had its turn looks free, and would be handed what it then loses.
    this.#parts.dispatcher.open();
  }

  #relate(task: TaskRecord): void {
    const open = task.spec.dependsOn.filter(({ taskId }) => this.#core.roster.tasks.has(taskId));
    this.#core.family.add(
      task,
      open.map(({ taskId }) => taskId),
    );
    this.#parts.delegation.restore(task);
  }

  #resumeAgent(agent: AgentRecord): void {
    const { state } = agent.status;
    if (state === 'failed' || state === 'stopped') return;
    if (state === 'stopping') {
      if (this.#parts.shutdowns.isUnderWay(agent)) this.#leaveGoing(agent);
      else this.#finishStopping(agent, agent.status.reason);
      return;
    }
    if (state === 'starting' || !this.#outlivesHost(agent)) {
      void this.#parts.failures.restart([agent], 0, failure('host_died'));
      return;
    }
    this.#goOn(agent);
  }

  #outlivesHost(agent: AgentRecord): boolean {
    const spec = this.#parts.sessions.specOf(agent);
    return spec !== null && OUTLIVES_HOST[spec.kind];
  }

  /** What it was doing outside, it still does. */
  #goOn(agent: AgentRecord): void {
    void this.#parts.sessions.start(agent);
    this.#parts.runs.releaseLeft(agent);
    agent.lastSignAtMs = this.#core.clock.now();
    this.#parts.heartbeats.watch(agent);
  }

  /** Who asked has gone with the host; what was asked is still done, at once: nothing runs there any more. */
  #finishStopping(agent: AgentRecord, reason: string): void {
    for (const task of this.#core.roster.tasksOn(agent)) {
      if (task.status.state === 'running') this.#parts.endings.cancel(task, `its agent was shut down: ${reason}`);
    }
    this.#parts.runs.releaseLeft(agent);
    this.#parts.shutdowns.order(agent, { graceful: false, reason });
  }

  /** A plugin is shutting it down, as it was told to: that waits for what still runs, and for nothing else. */
  #leaveGoing(agent: AgentRecord): void {
    if (tasksOf(agent.status).length > 0 && this.#outlivesHost(agent)) {
      this.#goOn(agent);
      return;
    }
    this.#parts.failures.failed(agent, failure('host_died'));
    this.#parts.runs.releaseLeft(agent);
  }

  #resumeTask(task: TaskRecord): void {
    const { status } = task;
    if (status.state === 'running') {
      this.#resumeRun(task, status);
      return;
    }
    if (status.state !== 'waiting' || status.untilMs === null) return;
    this.#parts.endings.retryIn(task, Math.max(0, status.untilMs - this.#core.clock.now()));
  }

  #resumeRun(task: TaskRecord, { agentId, token, sinceMs }: { agentId: string; token: number; sinceMs: number }): void {
    const agent = this.#core.roster.agents.get(agentId);
    if (agent === undefined || !this.#core.sessions.has(agentId)) {
      this.#parts.endings.interrupt(task, failure('host_died'));
      return;
    }
    const { runMs } = task.spec.deadlines;
    const leftMs = runMs === 'never' ? 0 : sinceMs + runMs - this.#core.clock.now();
    // Work that ended while the host was down must have a chance to say so.
    this.#parts.runs.resume(task, agent, token, Math.max(leftMs, this.#core.settings.deadlines.graceMs));
  }
}

/** Something is to happen to it besides being given an agent. */
function isUnderWay({ status }: TaskRecord): boolean {
  return status.state === 'running' || status.state === 'waiting';
}

type Parts = {
  readonly runs: Runs;
  readonly dispatcher: Dispatcher;
  readonly endings: Endings;
  readonly sessions: Sessions;
  readonly heartbeats: Heartbeats;
  readonly failures: AgentFailures;
  readonly shutdowns: Shutdowns;
  readonly delegation: Delegation;
};
