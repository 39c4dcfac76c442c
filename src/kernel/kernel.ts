import type { Agent, AgentFilter, ShutdownOptions, SpawnRequest } from '../contract/agents.ts';
import { BanyanError } from '../contract/errors.ts';
import type { Health } from '../contract/health.ts';
import type { Kernel as KernelOperations } from '../contract/kernel.ts';
import type { AnyPlugin } from '../contract/plugins.ts';
import type { Completion, FailureReport, Task, TaskFilter, TaskRequest, WaitOptions } from '../contract/tasks.ts';
import { MessageBus } from './bus.ts';
import { groundOf, type KernelConfig, settle } from './config.ts';
import { type Core, hitLimit, makeCore } from './core.ts';
import { Events } from './event-stream.ts';
import { kernelForPlugins, type PluginOptions, Plugins } from './hooks/index.ts';
import { Lookups } from './lookups.ts';
import { makeParts, type Parts } from './parts.ts';
import { checkShutdown } from './requests.ts';
import { openStore } from './store/open.ts';
import { isFinal, taskView } from './tasks.ts';

/** The operations of a kernel over its parts. It does not wait for its own start: `OrchestratorV2` does that. */
export class Kernel implements KernelOperations {
  readonly plugins: Plugins;
  readonly events: Events;
  readonly bus: MessageBus;
  readonly #config: KernelConfig;
  readonly #core: Core;
  readonly #parts: Parts;
  readonly #lookups: Lookups;

  constructor(config: KernelConfig) {
    const settings = settle(config);
    const ground = groundOf(config);
    const store = openStore(config.store);
    this.#config = config;
    this.plugins = new Plugins({
      kernel: kernelForPlugins(this),
      clock: ground.clock,
      operationMs: settings.budgets.operationMs,
      // In a store of nobody else's, nothing outlives this kernel.
      ...(config.store === undefined ? {} : { keeping: { store, ...settings.pluginState } }),
      emitted: (_plugin, hook) => hook !== 'on_performance_metric' && this.#parts.health.review(),
      limitHit: (name) => hitLimit(this.#core, name),
      holding: {
        holdOff: (...said) => this.#parts.holding.holdOff(...said),
        release: (...said) => this.#parts.holding.release(...said),
        releaseAll: (holder) => this.#parts.holding.releaseAll(holder),
        handOver: (...said) => this.#parts.holding.handOver(...said),
      },
      ...watchingOf(config),
    });
    this.#core = makeCore(ground, settings, store, this.plugins, {
      moved: (moved) => this.#parts.moved(moved),
      storeFailing: (message) => this.#parts.storeFailing(message),
      committed: (sequence) => this.events.published(sequence),
    });
    this.#lookups = new Lookups(this.#core);
    this.#parts = makeParts(this.#core, this.#lookups);
    this.events = new Events(store, this.#core.journal.counters.sequence);
    this.bus = makeBus(this.#core);
    this.#parts.recovery.read();
  }

  async start(definitions: readonly AnyPlugin[]): Promise<void> {
    const { plugins: configs = {} } = this.#config;
    await this.plugins.loadFirst(definitions, { kernel: kernelForPlugins(this), configs });
    this.#parts.recovery.resume();
  }

  spawnAgent(request: SpawnRequest): Promise<Agent> {
    return this.#parts.spawning.spawn(request);
  }

  delegateTask(request: TaskRequest): Promise<Task> {
    return this.#parts.delegation.delegate(request);
  }

  completeTask(taskId: string, completion: Completion = {}): Promise<Task> {
    return this.#parts.reports.complete(taskId, completion);
  }

  failTask(taskId: string, report: FailureReport): Promise<Task> {
    return this.#parts.reports.fail(taskId, report);
  }

  async cancelTask(taskId: string, reason = 'cancelled'): Promise<Task> {
    const task = this.#core.roster.tasks.get(taskId);
    if (task === undefined || isFinal(task.status)) throw this.#hasEnded(taskId);
    this.#core.journal.mustWork();
    this.#parts.endings.cancel(task, reason);
    const answer = taskView(task);
    await this.#core.journal.durable();
    return answer;
  }

  reassign(taskId: string, agentId: string | null): Promise<Task> {
    return this.#parts.moving.reassign(taskId, agentId);
  }

  waitForTask(taskId: string, options: WaitOptions = {}): Promise<Task> {
    return this.#lookups.ended(taskId, options);
  }

  async shutdownAgent(agentId: string, options: ShutdownOptions = {}): Promise<Agent> {
    return this.#parts.shutdowns.shutdown(agentId, checkShutdown(options));
  }

  heartbeat(agentId: string): void {
    this.#core.journal.mustBeOpen();
    const agent = this.#core.roster.agents.get(agentId);
    if (agent === undefined) throw new BanyanError('UNKNOWN_AGENT', `there is no agent "${agentId}"`);
    this.#parts.heartbeats.beat(agent);
  }

  getHealthStatus(): Promise<Health> {
    return this.#parts.health.report();
  }

  getTask(taskId: string): Task | null {
    return this.#lookups.task(taskId);
  }

  listTasks(filter?: TaskFilter): readonly Task[] {
    return this.#lookups.tasks(filter);
  }

  getAgent(agentId: string): Agent | null {
    return this.#lookups.agent(agentId);
  }

  listAgents(filter?: AgentFilter): readonly Agent[] {
    return this.#lookups.agents(filter);
  }

  async close(): Promise<void> {
    this.#rest();
    const { sessions, delegation } = this.#parts;
    const { journal, store } = this.#core;
    const ends = [
      () => sessions.close(),
      () => this.plugins.close(),
      () => this.#config.pluginHost?.close(),
      () => delegation.close(),
      () => journal.close(),
      () => this.events.close(),
      () => store.close(),
    ];
    const errors: unknown[] = [];
    // Whatever one of them does, the others end too: a store that stays open could not be opened again.
    for (const end of ends) {
      try {
        await end();
      } catch (error) {
        errors.push(error);
      }
    }
    if (errors.length > 1) throw new AggregateError(errors, 'the kernel could not be closed in good order');
    if (errors.length > 0) throw errors[0];
  }

  /** Nothing starts, and nobody waits for what will not come. What is under way in plugins is still recorded. */
  #rest(): void {
    const { dispatcher, runs, failures, shutdowns } = this.#parts;
    const { deadlines, journal, waiters } = this.#core;
    dispatcher.close();
    runs.close();
    failures.close();
    // Before the waits end: some of them are for what happened in this very turn.
    journal.flush();
    deadlines.close();
    waiters.close();
    shutdowns.close();
    this.bus.close();
  }

  #hasEnded(taskId: string): BanyanError {
    if (this.getTask(taskId) === null) return new BanyanError('UNKNOWN_TASK', `there is no task "${taskId}"`);
    return new BanyanError('ILLEGAL_MOVE', `task ${taskId} has ended`);
  }
}

function watchingOf({ loopWatch, stopwatch, log }: KernelConfig): Partial<PluginOptions> {
  const watched = { ...(loopWatch && { loopWatch }), ...(stopwatch && { stopwatch }) };
  if (log === undefined) return watched;
  return {
    ...watched,
    log: (plugin, level, message, facts) => log(level, message, { plugin, ...facts }),
    found: ({ message, ...facts }) => log('warn', message, facts),
  };
}

function makeBus(core: Core): MessageBus {
  const { clock, deadlines, settings, plugins } = core;
  return new MessageBus({
    clock,
    deadlines,
    subscribersMax: settings.subscribersMax,
    requestsMax: settings.requestsMax,
    sent: (event) => plugins.observe('on_message_sent', event),
    limitHit: (name) => hitLimit(core, name),
  });
}
