import { BanyanError } from '../contract/errors.ts';
import type { Task } from '../contract/tasks.ts';
import { type AgentRecord, isLive } from './agents.ts';
import type { Core } from './core.ts';
import type { Dispatcher } from './dispatcher.ts';
import type { Endings } from './endings.ts';
import { describeNeed, mayRun, needOf } from './match.ts';
import { isFinal, type TaskRecord, taskView } from './tasks.ts';

/** Takes a task from one agent, or from the queue, to another agent. */
export class Moving {
  readonly #core: Core;
  readonly #dispatcher: Dispatcher;
  readonly #endings: Endings;

  constructor(core: Core, dispatcher: Dispatcher, endings: Endings) {
    this.#core = core;
    this.#dispatcher = dispatcher;
    this.#endings = endings;
  }

  async reassign(taskId: string, agentId: string | null): Promise<Task> {
    const task = this.#movable(taskId);
    if (agentId === null) this.#someoneElseMustFit(task);
    else this.#mustFit(task, agentId);
    this.#move(task, agentId);
    const answer = taskView(task);
    await this.#core.journal.durable();
    return answer;
  }

  #move(task: TaskRecord, agentId: string | null): void {
    const { roster } = this.#core;
    const from = task.status.state === 'running' ? task.status.agentId : null;
    const change = () => {
      task.boundTo = agentId;
      task.avoids = agentId === null ? from : null;
      roster.moveTask(task, { move: 'reassigned', toAgentId: agentId });
    };
    if (from !== null) {
      this.#endings.requeue(task, change, 'it was given to another agent');
      return;
    }
    this.#dispatcher.withdraw(task);
    change();
    this.#dispatcher.place(task);
  }

  /** @throws {BanyanError} UNKNOWN_TASK, ILLEGAL_MOVE */
  #movable(taskId: string): TaskRecord {
    this.#core.journal.mustWork();
    const task = this.#core.roster.tasks.get(taskId);
    if (task === undefined || isFinal(task.status)) {
      if (task === undefined && this.#core.store.task(taskId) === null) {
        throw new BanyanError('UNKNOWN_TASK', `there is no task "${taskId}"`);
      }
      throw new BanyanError('ILLEGAL_MOVE', `task ${taskId} has ended`);
    }
    if (task.status.state === 'running' && task.spec.whenInterrupted === 'fail') {
      throw new BanyanError(
        'ILLEGAL_MOVE',
        `task ${taskId} runs, and must not run twice: its whenInterrupted is "fail"`,
      );
    }
    if (task.status.state !== 'waiting') return task;
    throw new BanyanError('ILLEGAL_MOVE', `task ${taskId} is waiting; it is given an agent when it is ready`);
  }

  #mustFit(task: TaskRecord, agentId: string): void {
    const agent = this.#core.roster.agents.get(agentId);
    if (agent === undefined) throw new BanyanError('UNKNOWN_AGENT', `there is no agent "${agentId}"`);
    if (isLive(agent) && this.#fits(agent, task)) return;
    const why = isLive(agent) ? `does not fit: it asks for ${describeNeed(task)}` : `is ${agent.status.state}`;
    throw new BanyanError('NO_AGENT_AVAILABLE', `task ${task.spec.id} cannot go to agent ${agentId}, which ${why}`);
  }

  #someoneElseMustFit(task: TaskRecord): void {
    const from = task.status.state === 'running' ? task.status.agentId : null;
    for (const agent of this.#core.roster.agents.values()) {
      if (agent.spec.id !== from && isLive(agent) && this.#fits(agent, task)) return;
    }
    throw new BanyanError('NO_AGENT_AVAILABLE', `no other agent may run task ${task.spec.id}: ${describeNeed(task)}`);
  }

  /** Where it was sent before does not matter any more. */
  #fits(agent: AgentRecord, task: TaskRecord): boolean {
    return mayRun(agent, { ...needOf(task), avoids: null });
  }
}
