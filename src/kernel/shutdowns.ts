import type { Agent, ShutdownOptions } from '../contract/agents.ts';
import { BanyanError } from '../contract/errors.ts';
import type { AgentFailures } from './agent-failures.ts';
import { type AgentRecord, agentView, tasksOf } from './agents.ts';
import { kernelClosed } from './closed.ts';
import type { Core } from './core.ts';
import type { Dispatcher } from './dispatcher.ts';
import { type Endings, failure } from './endings.ts';
import type { Runs } from './runs.ts';
import type { Sessions } from './sessions.ts';

/** An agent on its way out. */
type Leaving = {
  readonly done: Promise<Agent>;
  /** Ends the wait for its tasks. */
  readonly hurry: () => void;
  /** It has no task left. */
  readonly emptied: () => void;
  /** Its tasks will not end any more. */
  readonly giveUp: (why: Error) => void;
};

/** How agents leave the kernel. */
export class Shutdowns {
  readonly #core: Core;
  readonly #runs: Runs;
  readonly #dispatcher: Dispatcher;
  readonly #endings: Endings;
  readonly #sessions: Sessions;
  readonly #failures: AgentFailures;
  readonly #leaving = new Map<AgentRecord, Leaving>();
  #isClosed = false;

  constructor(
    core: Core,
    parts: { runs: Runs; dispatcher: Dispatcher; endings: Endings; sessions: Sessions; failures: AgentFailures },
  ) {
    this.#core = core;
    this.#runs = parts.runs;
    this.#dispatcher = parts.dispatcher;
    this.#endings = parts.endings;
    this.#sessions = parts.sessions;
    this.#failures = parts.failures;
  }

  /** A second call waits for the first; a forced one makes it hurry. */
  shutdown(agentId: string, options: ShutdownOptions): Promise<Agent> {
    const agent = this.#core.roster.agents.get(agentId);
    if (agent === undefined) return Promise.reject(new BanyanError('UNKNOWN_AGENT', `there is no agent "${agentId}"`));
    const leaving = this.#leaving.get(agent);
    if (leaving === undefined && this.#isClosed) return Promise.reject(kernelClosed());
    if (leaving === undefined) return this.#begin(agent, options).done;
    if (options.graceful === false) leaving.hurry();
    return leaving.done;
  }

  /** A shutdown that nobody waits for. */
  order(agent: AgentRecord, options: ShutdownOptions): void {
    const { id: agentId } = agent.spec;
    this.shutdown(agentId, options).catch((error) => {
      const why = error instanceof Error ? error.message : String(error);
      this.#core.log('warn', `the shutdown of agent ${agentId} was not acknowledged: ${why}`, { agentId });
    });
  }

  /** Whether this process is shutting it down. */
  isUnderWay(agent: AgentRecord): boolean {
    return this.#leaving.has(agent);
  }

  /** Told when a place of an agent is free again. */
  freed(agent: AgentRecord): void {
    if (tasksOf(agent.status).length === 0) this.#leaving.get(agent)?.emptied();
  }

  /** The kernel is closing: no shutdown begins any more. Who waits for tasks to end is told so; the next process finishes what was begun. */
  close(): void {
    this.#isClosed = true;
    for (const { giveUp } of this.#leaving.values()) giveUp(kernelClosed());
  }

  #begin(agent: AgentRecord, options: ShutdownOptions): Leaving {
    const hurried = Promise.withResolvers<void>();
    const emptied = Promise.withResolvers<void>();
    const done = this.#leave(agent, options, hurried, emptied.promise).finally(() => this.#leaving.delete(agent));
    const leaving = { done, hurry: hurried.resolve, emptied: emptied.resolve, giveUp: emptied.reject };
    this.#leaving.set(agent, leaving);
    if (tasksOf(agent.status).length === 0) leaving.emptied();
    return leaving;
  }

  async #leave(
    agent: AgentRecord,
    { graceful = true, graceMs, unfinished = 'cancel', reason = 'shut down' }: ShutdownOptions,
    hurried: PromiseWithResolvers<void>,
    emptied: Promise<void>,
  ): Promise<Agent> {
    this.#takeNothingNew(agent, reason);
    const alarm = this.#core.deadlines.in(
      graceful ? (graceMs ?? this.#core.settings.deadlines.graceMs) : 0,
      hurried.resolve,
    );
    if (!graceful) hurried.resolve();
    await Promise.race([emptied, hurried.promise]);
    this.#core.deadlines.cancel(alarm);
    this.#endTasks(agent, unfinished, reason);
    await Promise.all([this.#sessions.stop(agent), emptied]);
    this.#core.roster.moveAgent(agent, { move: 'stopped', reason });
    this.#sessions.forget(agent);
    const answer = agentView(agent);
    await this.#core.journal.durable();
    return answer;
  }

  #takeNothingNew(agent: AgentRecord, reason: string): void {
    if (agent.status.state !== 'stopping') this.#core.roster.moveAgent(agent, { move: 'stopping', reason });
    this.#failures.forget(agent);
    this.#dispatcher.unreserve(agent);
    for (const task of this.#core.queue.named(agent.spec.id)) {
      this.#endings.cancel(task, `agent ${agent.spec.id}, which it names, is shut down`);
    }
  }

  #endTasks(agent: AgentRecord, unfinished: 'cancel' | 'redrive', reason: string): void {
    for (const task of this.#core.roster.tasksOn(agent)) {
      if (task.status.state !== 'running' || task.status.agentId !== agent.spec.id) continue;
      if (unfinished === 'cancel') this.#endings.cancel(task, `its agent was shut down: ${reason}`);
      else this.#endings.interrupt(task, failure('agent_stopped', reason));
    }
    this.#runs.releaseLeft(agent);
  }
}
