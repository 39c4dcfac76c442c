/**
 * The kernel as adapters, plugins and the v2 host see it. `src/kernel` implements it; nothing else may be
 * assumed. Plugins and their capabilities come on top: see `Orchestrator` in orchestrator.ts.
 */

import type { Agent, AgentFilter, ShutdownOptions, SpawnRequest } from './agents.ts';
import type { Bus } from './bus.ts';
import type { EventStream } from './events.ts';
import type { Health } from './health.ts';
import type { Completion, FailureReport, Task, TaskFilter, TaskRequest, WaitOptions } from './tasks.ts';

/**
 * Everything that changes something resolves once it is durable: what was acknowledged survives a kill -9.
 * Errors are `BanyanError`s; the codes stand with each operation. Any of them may throw KERNEL_CLOSED, when it is
 * called after `close` or still waits then, and STORE_FAILED.
 */
export type Kernel = {
  /**
   * Resolves when the agent is idle.
   * @throws DUPLICATE_ID, AT_CAPACITY, VETOED, BAD_INPUT, AGENT_FAILED (it did not start)
   */
  spawnAgent(request: SpawnRequest): Promise<Agent>;
  /**
   * Resolves when the task is recorded: running where an agent was free, else queued or waiting.
   * @throws DUPLICATE_ID, UNKNOWN_AGENT, UNKNOWN_TASK (parent, dependency), NO_AGENT_AVAILABLE, OVERLOADED, VETOED,
   * BAD_INPUT, IDEMPOTENCY_MISMATCH
   */
  delegateTask(request: TaskRequest): Promise<Task>;
  /** @throws UNKNOWN_TASK, ILLEGAL_MOVE (it does not run), STALE_TOKEN, VETOED, BAD_INPUT */
  completeTask(taskId: string, completion?: Completion): Promise<Task>;
  /** Ends the running attempt; the answer says whether another follows (`waiting`). @throws as completeTask */
  failTask(taskId: string, report: FailureReport): Promise<Task>;
  /** Cancels it and all its descendants. @throws UNKNOWN_TASK, ILLEGAL_MOVE (it has ended) */
  cancelTask(taskId: string, reason?: string): Promise<Task>;
  /**
   * Moves a queued or running task to another agent, or (`null`) to whichever the router finds.
   * @throws UNKNOWN_TASK, UNKNOWN_AGENT, NO_AGENT_AVAILABLE (it may not run there), ILLEGAL_MOVE (it has
   * ended, or waits, or runs and must not run twice)
   */
  reassign(taskId: string, agentId: string | null): Promise<Task>;
  /** Live tasks and the last finished ones. */
  getTask(taskId: string): Task | null;
  listTasks(filter?: TaskFilter): readonly Task[];
  /**
   * Resolves with the task once it has ended, however it did.
   * @throws UNKNOWN_TASK, WAIT_TIMEOUT, ABORTED, BAD_INPUT, OVERLOADED at `waitersMax`
   */
  waitForTask(taskId: string, options?: WaitOptions): Promise<Task>;
  /** Live and failed agents, and the last stopped ones. */
  getAgent(agentId: string): Agent | null;
  /** Without a filter: all but stopped ones, in the order they were spawned. */
  listAgents(filter?: AgentFilter): readonly Agent[];
  /** Says that an agent is alive. @throws UNKNOWN_AGENT */
  heartbeat(agentId: string): void;
  /** Resolves once it is stopped. @throws UNKNOWN_AGENT (also when it is stopped already), BAD_INPUT */
  shutdownAgent(agentId: string, options?: ShutdownOptions): Promise<Agent>;
  /** Answers within its budget even while a plugin hangs. */
  getHealthStatus(): Promise<Health>;
  readonly events: EventStream;
  readonly bus: Bus;
  /**
   * Stops the runtimes, also those that are starting, waits for what is under way to be durable and releases the
   * store. Agents and tasks stay; a spawn under way is undone. Whatever fails, the rest is done and the error thrown.
   */
  close(): Promise<void>;
};
