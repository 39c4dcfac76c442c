import type { Agent, AgentFilter, ShutdownOptions, SpawnRequest } from '../contract/agents.ts';
import type { Bus } from '../contract/bus.ts';
import type { EventStream } from '../contract/events.ts';
import type { Health } from '../contract/health.ts';
import type { Orchestrator } from '../contract/orchestrator.ts';
import type { AnyPlugin, CapabilitiesOf } from '../contract/plugins.ts';
import type { Completion, FailureReport, Task, TaskFilter, TaskRequest, WaitOptions } from '../contract/tasks.ts';
import { kernelClosed } from './closed.ts';
import type { KernelConfig } from './config.ts';
import type { Plugins } from './hooks/index.ts';
import { Kernel } from './kernel.ts';

/**
 * V2's orchestrator: the kernel and its plugins behind one object.
 *
 *     const orchestrator = new OrchestratorV2({ agentsMax: 50, store: 'kernel.db' }, [production]);
 *     const agent = await orchestrator.spawnAgent({ role: 'tester', capabilities: ['python'] });
 *     const task = await orchestrator.delegateTask({ type: 'run_tests', capabilities: ['python'] });
 *     await orchestrator.completeTask(task.id, { result: { passed: 12 } });
 *
 * Constructing it is enough: the first call starts it, and every call waits for the start.
 */
export class OrchestratorV2 implements Orchestrator {
  readonly #kernel: Kernel;
  readonly #definitions: readonly AnyPlugin[];
  #starting: Promise<void> | null = null;
  #closing: Promise<void> | null = null;
  /** And not closed: calls need not wait. */
  #isStarted = false;

  /** Reads what an earlier run left. @throws when the config is wrong (BAD_INPUT) or the store cannot be opened */
  constructor(config: KernelConfig = {}, plugins: readonly AnyPlugin[] = []) {
    this.#definitions = plugins;
    this.#kernel = new Kernel(config);
  }

  get events(): EventStream {
    return this.#kernel.events;
  }

  get bus(): Bus {
    return this.#kernel.bus;
  }

  /** The plugins: their order and why, findings, config, snapshots. */
  get plugins(): Plugins {
    return this.#kernel.plugins;
  }

  start(): Promise<void> {
    if (this.#closing !== null) return Promise.reject(kernelClosed());
    this.#starting ??= this.#start();
    return this.#starting;
  }

  async spawnAgent(request: SpawnRequest): Promise<Agent> {
    if (!this.#isStarted) await this.start();
    return this.#kernel.spawnAgent(request);
  }

  async delegateTask(request: TaskRequest): Promise<Task> {
    if (!this.#isStarted) await this.start();
    return this.#kernel.delegateTask(request);
  }

  async completeTask(taskId: string, completion: Completion = {}): Promise<Task> {
    if (!this.#isStarted) await this.start();
    return this.#kernel.completeTask(taskId, completion);
  }

  async failTask(taskId: string, report: FailureReport): Promise<Task> {
    if (!this.#isStarted) await this.start();
    return this.#kernel.failTask(taskId, report);
  }

  async cancelTask(taskId: string, reason?: string): Promise<Task> {
    if (!this.#isStarted) await this.start();
    return this.#kernel.cancelTask(taskId, reason);
  }

  async reassign(taskId: string, agentId: string | null): Promise<Task> {
    if (!this.#isStarted) await this.start();
    return this.#kernel.reassign(taskId, agentId);
  }

  async waitForTask(taskId: string, options?: WaitOptions): Promise<Task> {
    if (!this.#isStarted) await this.start();
    return this.#kernel.waitForTask(taskId, options);
  }

  async shutdownAgent(agentId: string, options?: ShutdownOptions): Promise<Agent> {
    if (!this.#isStarted) await this.start();
    return this.#kernel.shutdownAgent(agentId, options);
  }

  async getHealthStatus(): Promise<Health> {
    if (!this.#isStarted) await this.start();
    return this.#kernel.getHealthStatus();
  }

  getTask(taskId: string): Task | null {
    return this.#kernel.getTask(taskId);
  }

  listTasks(filter?: TaskFilter): readonly Task[] {
    return this.#kernel.listTasks(filter);
  }

  getAgent(agentId: string): Agent | null {
    return this.#kernel.getAgent(agentId);
  }

  listAgents(filter?: AgentFilter): readonly Agent[] {
    return this.#kernel.listAgents(filter);
  }

  heartbeat(agentId: string): void {
    this.#kernel.heartbeat(agentId);
  }

  use<P extends AnyPlugin>(plugin: P): CapabilitiesOf<P> {
    return this.#kernel.plugins.use(plugin);
  }

  async loadPlugin(plugin: AnyPlugin, config?: unknown): Promise<void> {
    if (!this.#isStarted) await this.start();
    return this.#kernel.plugins.load(plugin, config);
  }

  async unloadPlugin(name: string): Promise<void> {
    if (!this.#isStarted) await this.start();
    return this.#kernel.plugins.unload(name);
  }

  /** A second call waits for the first. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #start(): Promise<void> {
    await this.#kernel.start(this.#definitions);
    this.#isStarted = this.#closing === null;
  }

  async #close(): Promise<void> {
    this.#isStarted = false;
    // Whoever started it was told.
    await this.#starting?.catch(() => undefined);
    await this.#kernel.close();
  }
}
