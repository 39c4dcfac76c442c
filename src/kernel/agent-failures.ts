import { FAILURES, type Failure } from '../contract/tasks.ts';
import { type AgentRecord, isLive } from './agents.ts';
import type { Alerts } from './alerts.ts';
import { type Core, hitLimit } from './core.ts';
import type { Dispatcher } from './dispatcher.ts';
import { type Endings, failure } from './endings.ts';
import type { Runs } from './runs.ts';
import { failureOf } from './runtimes/runtime.ts';
import type { Sessions } from './sessions.ts';
import { Supervision } from './supervision.ts';

/** Shuts an agent down because its group is given up. */
type GiveUp = (agent: AgentRecord, reason: string) => void;

/** What happens when an agent fails: its tasks go elsewhere, and it, or its group, is started again. */
export class AgentFailures {
  readonly #core: Core;
  readonly #runs: Runs;
  readonly #dispatcher: Dispatcher;
  readonly #endings: Endings;
  readonly #sessions: Sessions;
  readonly #alerts: Alerts;
  readonly #giveUp: GiveUp;
  readonly #supervision: Supervision;
  /** The latest restart of each agent; an earlier one that is still under way stops there. */
  readonly #restarts = new Map<string, symbol>();

  constructor(
    core: Core,
    parts: { runs: Runs; dispatcher: Dispatcher; endings: Endings; sessions: Sessions; alerts: Alerts },
    giveUp: GiveUp,
  ) {
    this.#core = core;
    this.#runs = parts.runs;
    this.#dispatcher = parts.dispatcher;
    this.#endings = parts.endings;
    this.#sessions = parts.sessions;
    this.#alerts = parts.alerts;
    this.#giveUp = giveUp;
    this.#supervision = new Supervision(core.settings, core.random);
  }

  /** `error` is `null` when its runtime ended as it should. */
  failed(agent: AgentRecord, error: Failure | null): void {
    const { state } = agent.status;
    if (state === 'stopped' || state === 'failed') return;
    const why = error ?? failure('process_ended');
    if (state === 'stopping') {
      this.#interruptTasks(agent, why);
      return;
    }
    this.#stopWorking(agent, why, () => this.#core.roster.moveAgent(agent, { move: 'failed', error: why }));
    this.#decide(agent, error !== null);
    this.#forgetOldest();
  }

  /** Starts agents after a pause; what they did before is over. Another restart of one overtakes this one. */
  async restart(agents: readonly AgentRecord[], pauseMs: number, why = GROUP_RESTARTS): Promise<void> {
    const mark = Symbol('restart');
    for (const agent of agents) this.#restarts.set(agent.spec.id, mark);
    for (const agent of agents) {
      this.#stopWorking(agent, why, () => this.#core.roster.moveAgent(agent, { move: 'restarting' }));
    }
    if (pauseMs > 0) await this.#pause(pauseMs);
    for (const agent of agents) await this.#start(agent, mark);
  }

  /** It is being shut down: no restart brings it back. */
  forget(agent: AgentRecord): void {
    this.#restarts.delete(agent.spec.id);
    this.#supervision.forget(agent);
    this.#alerts.resolve(alertId(`agent ${agent.spec.id}`));
  }

  /** It is gone: with the last of a group, what is known of the group goes too. */
  gone({ spec: { group } }: AgentRecord): void {
    if (group === null) return;
    for (const other of this.#core.roster.agents.values()) if (other.spec.group === group) return;
    this.#supervision.forgetGroup(group);
    this.#alerts.resolve(alertId(`group ${group}`));
  }

  /** The kernel is closing: what is to be started again is, by the next process. */
  close(): void {
    this.#restarts.clear();
  }

  #decide(agent: AgentRecord, wasFailure: boolean): void {
    const { roster, clock } = this.#core;
    const decision = this.#supervision.decide(agent, wasFailure, roster.agents.values(), clock.now());
    switch (decision.do) {
      case 'leave':
        this.#failNamed(agent);
        return;
      case 'restart':
        void this.restart(
          decision.agents.filter((other) => other === agent || isRestartable(other)),
          decision.pauseMs,
        );
        return;
      case 'give_up':
        hitLimit(this.#core, 'restartsMax');
        this.#failNamed(agent);
        this.#alerts.raise(alertId(decision.of), 'critical', `${decision.of}: ${FAILURES.escalated}`);
        for (const other of decision.agents) if (other !== agent) this.#giveUp(other, `${decision.of} was given up`);
    }
  }

  /** Its places are gone, its tasks go elsewhere, its runtime is stopped. `move`: what becomes of it. */
  #stopWorking(agent: AgentRecord, why: Failure, move: () => void): void {
    const tasks = this.#core.roster.tasksOn(agent).filter((task) => isOn(agent, task.status));
    move();
    this.#runs.drop(agent, why.message);
    void this.#sessions.stop(agent);
    this.#dispatcher.unreserve(agent);
    // One of them may be the child of another, and has been cancelled with it by now.
    for (const task of tasks) if (isOn(agent, task.status)) this.#endings.interrupt(task, why);
  }

  #interruptTasks(agent: AgentRecord, why: Failure): void {
    for (const task of this.#core.roster.tasksOn(agent)) {
      if (isOn(agent, task.status)) this.#endings.interrupt(task, why);
    }
  }

  async #start(agent: AgentRecord, mark: symbol): Promise<void> {
    const isCurrent = () => this.#restarts.get(agent.spec.id) === mark && agent.status.state === 'starting';
    if (!isCurrent()) return;
    try {
      const starting = this.#sessions.start(agent);
      if (starting !== undefined) await starting;
    } catch (error) {
      if (isCurrent()) this.failed(agent, failureOf(error));
      return;
    }
    if (!isCurrent()) return;
    this.#restarts.delete(agent.spec.id);
    this.#core.roster.moveAgent(agent, { move: 'ready' });
    this.#dispatcher.freed(agent);
  }

  /** Failed agents stay to be looked at, but not without end. */
  #forgetOldest(): void {
    const { roster, settings } = this.#core;
    if (roster.agentCounts.failed <= settings.failedAgentsMax) return;
    hitLimit(this.#core, 'failedAgentsMax');
    for (const agent of roster.agents.values()) {
      if (agent.status.state === 'failed') {
        this.#giveUp(agent, 'more than failedAgentsMax agents have failed');
        return;
      }
    }
  }

  /** Nobody will run what names an agent that does not come back. */
  #failNamed(agent: AgentRecord): void {
    for (const task of this.#core.queue.named(agent.spec.id)) {
      this.#endings.fail(task, failure('agent_failed', `agent ${agent.spec.id}, which it names, is not restarted`));
    }
  }

  #pause(pauseMs: number): Promise<void> {
    return new Promise((resolve) => this.#core.deadlines.in(pauseMs, resolve));
  }
}

const GROUP_RESTARTS = failure('agent_failed', 'its group is restarted');

function isOn(agent: AgentRecord, status: { readonly state: string; readonly agentId?: string }): boolean {
  return status.state === 'running' && status.agentId === agent.spec.id;
}

/**
 * Whether an agent is started again because another failed. One that has failed and was left so stays: others may
 * have come in its place. While its spawn is under way, an agent is its spawner's.
 */
function isRestartable(agent: AgentRecord): boolean {
  const isSpawning = agent.status.state === 'starting' && agent.restarts === 0;
  return agent.spec.restart !== 'temporary' && isLive(agent) && !isSpawning;
}

function alertId(of: string): string {
  return `kernel:given_up:${of}`;
}
