import { LegacyError, type Surroundings } from '../../src/contract/adapter.ts';
import type { Agent, AgentState } from '../../src/contract/agents.ts';
import { BanyanError, type ErrorCode } from '../../src/contract/errors.ts';
import type { Kernel } from '../../src/contract/kernel.ts';
import { PRIORITY } from '../../src/contract/tasks.ts';
import { idAttributes, kernelIdOf, legacyIdOf } from '../support/ids.ts';
import { isoformat, repr, round2 } from '../support/python.ts';
import { type AgentRole, GRACE_MS, type methods, type TaskPriority } from './facts.ts';

export type SpawnArguments = { readonly role: AgentRole; readonly agent_id?: string | null };

export type DelegateArguments = {
  readonly task_description: string;
  readonly task_type: string;
  /** Default `medium`. */
  readonly priority?: TaskPriority;
  /** A preference only: another free agent takes the task when none of the role is free. */
  readonly preferred_agent_role?: AgentRole | null;
};

export type ShutdownArguments = {
  readonly agent_id: string;
  /** Default `true`: a busy agent is given a second. */
  readonly graceful?: boolean;
};

export type AgentRecord = {
  readonly id: string;
  readonly role: string;
  readonly status: 'active';
  readonly current_task_id: string | null;
  readonly created_at: string;
  readonly last_activity: string;
};

export type SystemStatus = SoundStatus | FailedStatus;

export type SoundStatus = {
  readonly timestamp: string;
  readonly agents: {
    readonly total: number;
    readonly by_status: { readonly active?: number };
    readonly details: Readonly<Record<string, AgentRecord>>;
  };
  readonly tasks: { readonly active_assignments: number };
  readonly performance: {
    readonly operations_count: number;
    readonly operations_per_second: number;
    readonly response_time_ms: number;
  };
  readonly health: 'healthy' | 'no_agents';
};

/** What stands in for a status that could not be told: this call alone never raises. */
export type FailedStatus = { readonly timestamp: string; readonly error: string; readonly health: 'error' };

/** The methods of the legacy SimpleOrchestrator over a kernel. Errors are `LegacyError`s. */
export class SimpleOrchestrator implements Record<keyof typeof methods, unknown> {
  readonly #kernel: Kernel;
  readonly #surroundings: Surroundings;
  readonly #openedAtMs: number;
  /** Kernel ids of agents that are being shut down: legacy removes an agent at once, and only for one caller. */
  readonly #leaving = new Set<string>();
  /** Calls that changed something, since this object was opened; legacy counts since its start. */
  #operations = 0;

  constructor(kernel: Kernel, surroundings: Surroundings) {
    this.#kernel = kernel;
    this.#surroundings = surroundings;
    this.#openedAtMs = surroundings.nowMs();
  }

  /** The id of the new agent. @throws {LegacyError} SimpleOrchestratorError */
  async spawn_agent({ role, agent_id = null }: SpawnArguments): Promise<string> {
    try {
      const agent = await this.#kernel.spawnAgent({
        ...(agent_id === null ? {} : { id: kernelIdOf(agent_id), attributes: idAttributes(agent_id) }),
        role,
        runtime: 'manual',
        deadlines: { heartbeatMs: 'never' },
      });
      this.#operations += 1;
      return legacyIdOf(agent);
    } catch (error) {
      throw wrapped(ERROR, 'Failed to spawn agent', error, (refusal) => {
        return SPAWN_REFUSALS[refusal.code]?.(agent_id) ?? refusal.message;
      });
    }
  }

  /** The id of the new task; its agent stays busy until it is shut down. @throws {LegacyError} TaskDelegationError */
  async delegate_task(request: DelegateArguments): Promise<string> {
    const { priority = 'medium', preferred_agent_role = null } = request;
    try {
      const task = await this.#kernel.delegateTask({
        ...taskTexts(request),
        priority: KERNEL_PRIORITY[priority],
        ...(preferred_agent_role === null ? {} : { preferredRole: preferred_agent_role }),
        strategy: 'first_free',
        whenBusy: 'reject',
        deadlines: { queueMs: 'never', runMs: 'never' },
      });
      this.#operations += 1;
      return task.id;
    } catch (error) {
      throw wrapped('TaskDelegationError', 'Failed to delegate task', error, ({ code, message }) =>
        code === 'NO_AGENT_AVAILABLE' ? 'No suitable agent available' : message,
      );
    }
  }

  /** Whether there was such an agent. @throws {LegacyError} SimpleOrchestratorError */
  async shutdown_agent({ agent_id, graceful = true }: ShutdownArguments): Promise<boolean> {
    const agent = this.#registered(agent_id);
    if (agent === null) return false;
    if (graceful && agent.currentTaskId !== null) await this.#surroundings.sleep(GRACE_MS);
    // Another call may have removed it meanwhile: legacy's `del` raises KeyError, whose text is the key's repr.
    if (this.#registered(agent_id) === null) throw new LegacyError(ERROR, `${SHUTDOWN_FAILED}: ${repr(agent_id)}`);
    await this.#remove(kernelIdOf(agent_id));
    this.#operations += 1;
    return true;
  }

  async get_system_status(_none: object = {}): Promise<SystemStatus> {
    try {
      return await this.#status();
    } catch (error) {
      if (!(error instanceof BanyanError)) throw error;
      return { timestamp: isoformat(this.#surroundings.nowMs()), error: error.message, health: 'error' };
    }
  }

  async #status(): Promise<SoundStatus> {
    const askedAtMs = this.#surroundings.nowMs();
    const health = await this.#kernel.getHealthStatus();
    const agents = this.#kernel.listAgents().filter((agent) => this.#isRegistered(agent));
    const nowMs = this.#surroundings.nowMs();
    return {
      timestamp: isoformat(nowMs),
      agents: {
        total: agents.length,
        by_status: agents.length === 0 ? {} : { active: agents.length },
        details: Object.fromEntries(agents.map((agent) => [legacyIdOf(agent), record(agent)])),
      },
      // Legacy never forgets an assignment.
      tasks: { active_assignments: health.tasks.delegatedEver },
      performance: {
        operations_count: this.#operations,
        operations_per_second: round2(this.#operations / Math.max((nowMs - this.#openedAtMs) / 1000, 1)),
        response_time_ms: round2(nowMs - askedAtMs),
      },
      health: agents.length > 0 ? 'healthy' : 'no_agents',
    };
  }

  async #remove(kernelId: string): Promise<void> {
    this.#leaving.add(kernelId);
    try {
      await this.#kernel.shutdownAgent(kernelId, { graceful: false });
    } catch (error) {
      throw wrapped(ERROR, SHUTDOWN_FAILED, error, ({ message }) => message);
    } finally {
      this.#leaving.delete(kernelId);
    }
  }

  #registered(agentId: string): Agent | null {
    const agent = this.#kernel.getAgent(kernelIdOf(agentId));
    return agent !== null && this.#isRegistered(agent) ? agent : null;
  }

  #isRegistered({ id, state }: Agent): boolean {
    return !GONE.includes(state) && !this.#leaving.has(id);
  }
}

const ERROR = 'SimpleOrchestratorError';
const SHUTDOWN_FAILED = 'Failed to shutdown agent';

const SPAWN_REFUSALS: { readonly [Code in ErrorCode]?: (agentId: string | null) => string } = {
  DUPLICATE_ID: (agentId) => `Agent ${agentId} already exists`,
  AT_CAPACITY: () => 'Maximum concurrent agents reached',
};

const KERNEL_PRIORITY = {
  low: PRIORITY.low,
  medium: PRIORITY.normal,
  high: PRIORITY.high,
  critical: PRIORITY.critical,
} as const satisfies Record<TaskPriority, number>;

/** What the kernel has no room for stands whole in the task's input. */
function taskTexts({ task_type, task_description }: DelegateArguments) {
  const type = task_type.slice(0, TYPE_CHARACTERS_MAX) || 'untyped';
  const description = task_description.slice(0, DESCRIPTION_CHARACTERS_MAX);
  const isWhole = type === task_type && description === task_description;
  return isWhole ? { type, description } : { type, description, input: { task_type, task_description } };
}

const TYPE_CHARACTERS_MAX = 256;
const DESCRIPTION_CHARACTERS_MAX = 65_536;

const GONE: readonly AgentState[] = ['stopping', 'stopped'];

function record(agent: Agent): AgentRecord {
  return {
    id: legacyIdOf(agent),
    role: agent.role,
    status: 'active',
    current_task_id: agent.currentTaskId,
    created_at: isoformat(agent.createdAtMs),
    last_activity: isoformat(agent.lastActivityAtMs),
  };
}

/** What the kernel refuses is wrapped once, with this prefix. Anything else is a defect and stays one. */
function wrapped(type: string, prefix: string, error: unknown, why: (refusal: BanyanError) => string): unknown {
  if (!(error instanceof BanyanError)) return error;
  return new LegacyError(type, `${prefix}: ${why(error)}`, { cause: error });
}
