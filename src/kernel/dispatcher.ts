import type { HookEvents } from '../contract/hooks.ts';
import { type AgentRecord, agentView } from './agents.ts';
import type { Core } from './core.ts';
import { type Operation, Vetoed } from './hooks/index.ts';
import type { Runs } from './runs.ts';
import { type TaskRecord, taskView } from './tasks.ts';

export type DispatchEvents = {
  /** A task waits for an agent; `isHopeless`: for one that does not exist. */
  readonly waits: (task: TaskRecord, isHopeless: () => boolean) => void;
  readonly queueDeadline: (task: TaskRecord) => void;
  /** A running task loses its place to a more urgent one. */
  readonly evict: (victim: TaskRecord, how: 'interrupt' | 'replace', by: TaskRecord) => void;
};

/**
 * Brings queued tasks and free agents together. It keeps one promise: no task waits in the queue while an
 * agent that may run it has a free place, unless a plugin holds that agent off.
 */
export class Dispatcher {
  readonly #core: Core;
  readonly #runs: Runs;
  readonly #on: DispatchEvents;
  /** Tasks in no queue that are still to be placed: a plugin is choosing their agent, or others are placed first. */
  readonly #between = new Set<TaskRecord>();
  #isHeld = true;

  constructor(core: Core, runs: Runs, on: DispatchEvents) {
    this.#core = core;
    this.#runs = runs;
    this.#on = on;
  }

  /** Lets tasks start. Those that wait in the queue by now are placed like any other, in the order of the queue. */
  open(): void {
    this.#isHeld = false;
    const waiting = this.#core.queue.takeAll();
    for (const task of waiting) this.#between.add(task);
    // A plugin that is asked for an agent may move those that have not had their turn.
    for (const task of waiting) if (this.#between.delete(task)) this.place(task);
  }

  /** Nothing starts any more. */
  close(): void {
    this.#isHeld = true;
  }

  /** Finds a place for a queued task. `chosenId`: what a plugin said, where it was asked already. */
  place(task: TaskRecord, chosenId: string | null = null): void {
    const { plugins, router } = this.#core;
    if (this.#isHeld) {
      this.#limitStay(task);
      this.#core.queue.add(task);
      return;
    }
    const free = router.free(task);
    if (free.length === 0) {
      this.#makeRoom(task);
      return;
    }
    if (chosenId === null && free.length > 1 && plugins.listens('choose_agent')) {
      this.#ask(task, free);
      return;
    }
    this.#start(task, free.find((agent) => agent.spec.id === chosenId) ?? router.choose(free, task));
  }

  /** An agent has a free place. */
  freed(agent: AgentRecord): void {
    while (!this.#isHeld && this.#core.router.mayHand(agent)) {
      const next = this.#core.queue.takeFor(agent);
      if (next === null) return;
      this.#start(next, agent);
    }
  }

  /** An agent has no places to give, for now or for ever: what was promised one is placed anew. */
  unreserve(agent: AgentRecord): void {
    for (const task of this.#core.queue.unreserve(agent.spec.id)) this.place(task);
  }

  /** The task leaves wherever it waits. */
  withdraw(task: TaskRecord): void {
    this.#between.delete(task);
    this.#core.queue.remove(task);
  }

  #start(task: TaskRecord, agent: AgentRecord): void {
    this.#core.deadlines.cancel(task.alarm);
    task.alarm = null;
    const isHeldOff = this.#core.heldOff.handed(agent.spec.id);
    this.#runs.begin(task, agent);
    if (isHeldOff) this.unreserve(agent);
  }

  #makeRoom(task: TaskRecord): void {
    const { queue, router } = this.#core;
    this.#limitStay(task);
    this.#on.waits(task, () => router.isHopeless(task));
    const how = evicts(task);
    const victim = how === null ? null : router.victim(task, how);
    if (how === null || victim?.status.state !== 'running') {
      queue.add(task);
      return;
    }
    queue.reserve(task, victim.status.agentId);
    this.#on.evict(victim, how, task);
  }

  /** Plugins may take their time: the task waits meanwhile, and a place that is gone by then is another's. */
  #ask(task: TaskRecord, free: readonly AgentRecord[]): void {
    this.#between.add(task);
    this.#limitStay(task);
    const event = { task: taskView(task), candidates: free.map(agentView) };
    void this.#answer(event).then((chosenId) => {
      if (this.#between.delete(task)) this.place(task, chosenId);
    });
  }

  async #answer(event: HookEvents['choose_agent']): Promise<string> {
    const operation = this.#core.plugins.begin();
    try {
      return await chooseAgent(operation, event);
    } finally {
      operation.end();
    }
  }

  #limitStay(task: TaskRecord): void {
    if (task.alarm !== null) return;
    task.alarm = this.#core.deadlines.in(task.spec.deadlines.queueMs, () => {
      task.alarm = null;
      this.#on.queueDeadline(task);
    });
  }
}

/** Only a task that never ran takes another's place: two that may would else take turns for ever. */
function evicts({ spec, attemptsEver }: TaskRecord): 'interrupt' | 'replace' | null {
  return attemptsEver === 0 && (spec.whenBusy === 'interrupt' || spec.whenBusy === 'replace') ? spec.whenBusy : null;
}

/** Asked, and nobody chose: no agent has an empty id. */
const NOBODY = '';

/** What plugins say. One that fails has no say here, closed or not: the task must run somewhere. */
export async function chooseAgent(operation: Operation, event: HookEvents['choose_agent']): Promise<string> {
  try {
    return (await operation.decide('choose_agent', event)) ?? NOBODY;
  } catch (error) {
    if (error instanceof Vetoed) return NOBODY;
    throw error;
  }
}
