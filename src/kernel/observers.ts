import type { HookEvents, HookOf } from '../contract/hooks.ts';
import type { Agent, KernelEvent, Task } from '../contract/kernel.ts';
import { type AgentRecord, agentView } from './agents.ts';
import type { Core } from './core.ts';
import { type TaskRecord, taskView } from './tasks.ts';

type Kind<P extends string> = Extract<KernelEvent['kind'], `${P}.${string}`>;
type Tell = <N extends HookOf<'observe'>>(hook: N, event: HookEvents[N]) => void;

type AgentMoved = { readonly agent: Agent; readonly event: Extract<KernelEvent, { kind: Kind<'agent'> }> };
type TaskMoved = { readonly task: Task; readonly event: Extract<KernelEvent, { kind: Kind<'task'> }> };

/** What plugins are told of each move of an agent, besides its status. */
const OF_AGENT: { readonly [K in Kind<'agent'>]: (tell: Tell, moved: AgentMoved) => void } = {
  'agent.spawned': nothing,
  'agent.ready': (tell, { agent }) => agent.restarts === 0 && tell('on_agent_spawned', { agent }),
  'agent.assigned': nothing,
  'agent.released': nothing,
  'agent.stopping': nothing,
  'agent.stopped': (tell, { agent, event }) => tell('on_agent_stopped', { agent, reason: event.detail ?? '' }),
  'agent.failed': (tell, { agent }) => agent.error !== null && tell('on_agent_failure', { agent, error: agent.error }),
  'agent.restarting': nothing,
};

/** What plugins are told of each move of a task. That one started is told with its agent: see `began`. */
const OF_TASK: { readonly [K in Kind<'task'>]: (tell: Tell, moved: TaskMoved) => void } = {
  'task.delegated': nothing,
  'task.ready': nothing,
  'task.started': nothing,
  'task.completed': (tell, { task, event }) => {
    const runMs = event.atMs - (task.startedAtMs ?? event.atMs);
    tell('on_task_completed', { task, result: task.result, runMs });
    tell('on_performance_metric', metric('run_ms', runMs, task.agentId, task.id, event.atMs));
  },
  'task.failed': (tell, { task }) => tellFailed(tell, task, false),
  'task.retrying': (tell, { task }) => tellFailed(tell, task, true),
  'task.interrupted': nothing,
  'task.reassigned': nothing,
  'task.cancelled': (tell, { task }) => tell('on_task_cancelled', { task, reason: task.reason ?? '' }),
};

const AGENT_HOOKS = ['on_agent_spawned', 'on_agent_status_changed', 'on_agent_failure', 'on_agent_stopped'] as const;
const TASK_HOOKS = ['on_task_completed', 'on_task_failed', 'on_task_cancelled', 'on_performance_metric'] as const;

/**
 * Tells plugins what has happened: once it is durable, in the order in which it happened, and never waited
 * for. What nobody listens to is not even built.
 */
export class Observers {
  readonly #core: Core;

  constructor(core: Core) {
    this.#core = core;
  }

  agentMoved(record: AgentRecord, event: AgentMoved['event']): void {
    if (!this.#listens(AGENT_HOOKS)) return;
    const { from, to } = event;
    const moved = { agent: agentView(record), event };
    this.#later((tell) => {
      if (from !== null && from !== to) tell('on_agent_status_changed', { agent: moved.agent, from, to });
      OF_AGENT[event.kind](tell, moved);
    });
  }

  taskMoved(record: TaskRecord, event: TaskMoved['event']): void {
    if (!this.#listens(TASK_HOOKS)) return;
    const moved = { task: taskView(record), event };
    this.#later((tell) => OF_TASK[event.kind](tell, moved));
  }

  /** A task was handed to an agent; `fromAgentId`: the one it was taken from. */
  began(taskRecord: TaskRecord, agentRecord: AgentRecord, fromAgentId: string | null): void {
    if (!this.#listens(['on_task_delegated', 'on_task_reassigned', 'on_performance_metric'])) return;
    const agent = agentView(agentRecord);
    const task = taskView(taskRecord);
    const atMs = this.#core.clock.now();
    const queueMs = atMs - taskRecord.readyAtMs;
    this.#later((tell) => {
      tell('on_task_delegated', { task, agent });
      if (fromAgentId !== null && fromAgentId !== agent.id) {
        tell('on_task_reassigned', { task, fromAgentId, toAgentId: agent.id });
      }
      tell('on_performance_metric', metric('queue_ms', queueMs, agent.id, task.id, atMs));
    });
  }

  /** A task waits for an agent; `isHopeless`: for one that does not exist. */
  waits(record: TaskRecord, isHopeless: () => boolean): void {
    if (!this.#listens(['on_task_queued', 'on_no_agent_available'])) return;
    const task = taskView(record);
    const queued = this.#core.roster.taskCounts.queued;
    const nobody = isHopeless();
    this.#later((tell) => {
      tell('on_task_queued', { task, queued });
      if (nobody) tell('on_no_agent_available', { task, capabilities: task.capabilities });
    });
  }

  #listens(hooks: readonly HookOf<'observe'>[]): boolean {
    return hooks.some((hook) => this.#core.plugins.listens(hook));
  }

  #later(told: (tell: Tell) => void): void {
    const { journal, plugins } = this.#core;
    journal.afterCommit(() => told((hook, event) => plugins.observe(hook, event)));
  }
}

function nothing(): void {}

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
