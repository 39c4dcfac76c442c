import type { Agent, AgentFilter } from '../contract/agents.ts';
import { BanyanError } from '../contract/errors.ts';
import type { Task, TaskFilter, WaitOptions } from '../contract/tasks.ts';
import { agentView } from './agents.ts';
import type { Core } from './core.ts';
import { checkWait } from './requests.ts';
import { agentOf, taskOf } from './store/rows.ts';
import type { KernelStore } from './store/store.ts';
import { isFinal, taskView } from './tasks.ts';

const TASKS_LISTED = 1_000;

/**
 * Read-only views: live agents and tasks from memory, ended ones from the store. After the kernel's end the store is
 * gone: what needs it throws KERNEL_CLOSED.
 */
export class Lookups {
  readonly #core: Core;

  constructor(core: Core) {
    this.#core = core;
  }

  get #store(): KernelStore {
    this.#core.journal.mustBeOpen();
    return this.#core.store;
  }

  agent(id: string): Agent | null {
    const live = this.#core.roster.agents.get(id);
    if (live !== undefined) return agentView(live);
    const row = this.#store.agent(id);
    return row === null ? null : agentView(agentOf(row));
  }

  task(id: string): Task | null {
    const live = this.#core.roster.tasks.get(id);
    if (live !== undefined) return taskView(live);
    const row = this.#store.task(id);
    return row === null ? null : taskView(taskOf(row));
  }

  /**
   * Resolves with the task once its end is durable.
   * @throws {BanyanError} BAD_INPUT, UNKNOWN_TASK, WAIT_TIMEOUT, ABORTED, OVERLOADED, KERNEL_CLOSED
   */
  async ended(id: string, options: WaitOptions): Promise<Task> {
    const { timeoutMs, signal } = options.timeoutMs === undefined ? options : checkWait(options);
    const { roster, waiters, deadlines, settings, journal } = this.#core;
    const live = roster.tasks.get(id);
    if (live !== undefined && !isFinal(live.status)) {
      return waiters.wait(id, timeoutMs ?? settings.deadlines.waitMs, deadlines, signal);
    }
    await journal.durable();
    const task = this.task(id);
    if (task === null) throw new BanyanError('UNKNOWN_TASK', `there is no task "${id}"`);
    return task;
  }

  agents({ states, role }: AgentFilter = {}): readonly Agent[] {
    const found: Agent[] = [];
    for (const record of this.#core.roster.agents.values()) {
      if (states !== undefined && !states.includes(record.status.state)) continue;
      if (role === undefined || record.spec.role === role) found.push(agentView(record));
    }
    if (states?.includes('stopped') !== true) return found;
    const ended = this.#store.endedAgents(this.#core.settings.endedAgentsMax).map((row) => agentView(agentOf(row)));
    return [...ended.filter((agent) => role === undefined || agent.role === role).toReversed(), ...found];
  }

  tasks(filter: TaskFilter = {}): readonly Task[] {
    const { limit = TASKS_LISTED } = filter;
    const found: Task[] = [];
    for (const task of this.#newestFirst(filter)) {
      if (found.length >= limit) break;
      if (fits(task, filter)) found.push(task);
    }
    return found;
  }

  *#newestFirst({ states, agentId, parentId, limit = TASKS_LISTED }: TaskFilter): Iterable<Task> {
    const live = [...this.#core.roster.tasks.values()].toReversed();
    for (const record of live) yield taskView(record);
    if (states?.every((state) => !isFinal({ state })) === true) return;
    const isFiltered = states !== undefined || agentId !== undefined || parentId !== undefined;
    const { endedTasksMax } = this.#core.settings;
    for (const row of this.#store.endedTasks(isFiltered ? endedTasksMax : Math.min(limit, endedTasksMax))) {
      // What has ended but is not yet forgotten in memory was listed above.
      if (!this.#core.roster.tasks.has(row.id)) yield taskView(taskOf(row));
    }
  }
}

function fits(task: Task, { states, agentId, parentId }: TaskFilter): boolean {
  if (states !== undefined && !states.includes(task.state)) return false;
  if (agentId !== undefined && task.agentId !== agentId) return false;
  return parentId === undefined || task.parentId === parentId;
}
