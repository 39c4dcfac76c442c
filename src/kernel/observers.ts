import type { Agent } from '../contract/agents.ts';
import type { KernelEvent } from '../contract/events.ts';
import type { HookEvents, HookOf } from '../contract/hooks.ts';
import type { Task } from '../contract/tasks.ts';
import { type AgentRecord, agentView } from './agents.ts';
import type { Core } from './core.ts';
import { type TaskRecord, taskView } from './tasks.ts';

type Kind<P extends string> = Extract<KernelEvent['kind'], `${P}.${string}`>;
type Observe = HookOf<'observe'>;
type Tell = <N extends Observe>(hook: N, event: HookEvents[N]) => void;

type AgentMoved = { readonly agent: Agent; readonly event: Extract<KernelEvent, { kind: Kind<'agent'> }> };
type TaskMoved = { readonly task: Task; readonly event: Extract<KernelEvent, { kind: Kind<'task'> }> };

/** What plugins are told of one kind of move, and by which hooks. */
type Telling<M> = { readonly hooks: readonly Observe[]; readonly tell: (tell: Tell, moved: M) => void };

const NOTHING: Telling<unknown> = { hooks: [], tell: () => undefined };

/** What plugins are told of each move of an agent, besides its status. */
const OF_AGENT: { readonly [K in Kind<'agent'>]: Telling<AgentMoved> } = {
  'agent.spawned': NOTHING,
  'agent.ready': {
    hooks: ['on_agent_spawned'],
    tell: (tell, { agent }) => agent.restarts === 0 && tell('on_agent_spawned', { agent }),
  },
  'agent.assigned': NOTHING,
  'agent.released': NOTHING,
  'agent.stopping': NOTHING,
  'agent.stopped': {
    hooks: ['on_agent_stopped'],
    tell: (tell, { agent, event }) => tell('on_agent_stopped', { agent, reason: event.detail ?? '' }),
  },
  'agent.failed': {
    hooks: ['on_agent_failure'],
    tell: (tell, { agent }) => agent.error !== null && tell('on_agent_failure', { agent, error: agent.error }),
  },
  'agent.restarting': NOTHING,
};

/** What plugins are told of each move of a task. That one started is told with its agent: see `began`. */
const OF_TASK: { readonly [K in Kind<'task'>]: Telling<TaskMoved> } = {
  'task.delegated': NOTHING,
  'task.ready': NOTHING,
  'task.started': NOTHING,
  'task.completed': {
    hooks: ['on_task_completed', 'on_performance_metric'],
    tell: (tell, { task, event }) => {
      const runMs = event.atMs - (task.startedAtMs ?? event.atMs);
      tell('on_task_completed', { task, result: task.result, runMs });
      tell('on_performance_metric', metric('run_ms', runMs, task.agentId, task.id, event.atMs));
    },
  },
  'task.failed': { hooks: ['on_task_failed'], tell: (tell, { task }) => tellFailed(tell, task, false) },
  'task.retrying': { hooks: ['on_task_failed'], tell: (tell, { task }) => tellFailed(tell, task, true) },
  'task.interrupted': NOTHING,
  'task.reassigned': NOTHING,
  'task.cancelled': {
    hooks: ['on_task_cancelled'],
    tell: (tell, { task }) => tell('on_task_cancelled', { task, reason: task.reason ?? '' }),
  },
};

const ON_BEGIN = ['on_task_delegated', 'on_task_reassigned', 'on_performance_metric'] as const;
const ON_WAIT = ['on_task_queued', 'on_no_agent_available'] as const;

/** What is to be told once one commit is durable: each hook, then its event. */
type Told = { readonly commits: number; readonly hooks: Observe[]; readonly events: HookEvents[Observe][] };

/**
 * Tells plugins what has happened: once it is durable, in the order in which it happened, and never waited
 * for. What nobody listens to is not even built.
 */
export class Observers {
  readonly #core: Core;
  #told: Told | null = null;
  readonly #tell: Tell = (hook, event) => this.#later(hook, event);

  constructor(core: Core) {
    this.#core = core;
  }

  agentMoved(record: AgentRecord, event: AgentMoved['event']): void {
    const { from, to } = event;
    if (from !== null && from !== to && this.#core.plugins.listens('on_agent_status_changed'))
      this.#later('on_agent_status_changed', { agent: agentView(record), from, to });
    const { hooks, tell } = OF_AGENT[event.kind];
    if (this.#listens(hooks)) tell(this.#tell, { agent: agentView(record), event });
  }

  taskMoved(record: TaskRecord, event: TaskMoved['event']): void {
    const { hooks, tell } = OF_TASK[event.kind];
    if (this.#listens(hooks)) tell(this.#tell, { task: taskView(record), event });
  }

  /** A task was handed to an agent; `fromAgentId`: the one it was taken from. */
  began(taskRecord: TaskRecord, agentRecord: AgentRecord, fromAgentId: string | null): void {
    if (!this.#listens(ON_BEGIN)) return;
    const agent = agentView(agentRecord);
    const task = taskView(taskRecord);
    const atMs = this.#core.clock.now();
    this.#later('on_task_delegated', { task, agent });
    if (fromAgentId !== null && fromAgentId !== agent.id) {
      this.#later('on_task_reassigned', { task, fromAgentId, toAgentId: agent.id });
    }
    const queueMs = atMs - taskRecord.readyAtMs;
    this.#later('on_performance_metric', metric('queue_ms', queueMs, agent.id, task.id, atMs));
  }

  /** A task waits for an agent; `isHopeless`: for one that does not exist. */
  waits(record: TaskRecord, isHopeless: () => boolean): void {
    if (!this.#listens(ON_WAIT)) return;
    const task = taskView(record);
    this.#later('on_task_queued', { task, queued: this.#core.roster.taskCounts.queued });
    if (isHopeless()) this.#later('on_no_agent_available', { task, capabilities: task.capabilities });
  }

  #listens(hooks: readonly Observe[]): boolean {
    for (const hook of hooks) if (this.#core.plugins.listens(hook)) return true;
    return false;
  }

  /** Together with all else that the same commit makes durable. */
  #later<N extends Observe>(hook: N, event: HookEvents[N]): void {
    const { journal } = this.#core;
    // What moves while a commit is being told of belongs to the next one.
    if (this.#told?.commits !== journal.commits) {
      const told: Told = { commits: journal.commits, hooks: [], events: [] };
      this.#told = told;
      journal.afterCommit(() => this.#tellAll(told));
    }
    this.#told?.hooks.push(hook);
    this.#told?.events.push(event);
  }

  #tellAll({ hooks, events }: Told): void {
    const { plugins } = this.#core;
    for (const [i, hook] of hooks.entries()) plugins.observe(hook, events[i] as HookEvents[typeof hook]);
  }
}

function tellFailed(tell: Tell, task: Task, willRetry: boolean): void {
  if (task.error === null) return;
  tell('on_task_failed', { task, error: task.error, attempt: Math.max(1, task.attemptsEver), willRetry });
}

function metric(
  name: string,
  value: number,
  agentId: string | null,
  taskId: string,
  atMs: number,
): HookEvents['on_performance_metric'] {
  return { name, value, unit: 'ms', agentId, taskId, atMs };
}
