import { LegacyError, type Surroundings } from '../../src/contract/adapter.ts';
import { BanyanError } from '../../src/contract/errors.ts';
import { type Agent, type AgentState, type Kernel, PRIORITY } from '../../src/contract/kernel.ts';
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
        ...(agent_id === null ? {} : { id: agent_id }),
        role,
        runtime: 'manual',
        deadlines: { heartbeatMs: 'never' },
      });
      this.#operations += 1;
      return agent.id;
    } catch (error) {
      throw wrapped('SimpleOrchestratorError', 'Failed to spawn agent', this.#spawnRefusal(error, agent_id), error);
    }
  }

  /** The id of the new task; its agent stays busy until it is shut down. @throws {LegacyError} TaskDelegationError */
  async delegate_task(request: DelegateArguments): Promise<string> {
    const { priority = 'medium', preferred_agent_role = null } = request;
    try {
      const task = await this.#kernel.delegateTask({
        type: request.task_type,
        description: request.task_description,
        priority: KERNEL_PRIORITY[priority],
        ...(preferred_agent_role === null ? {} : { preferredRole: preferred_agent_role }),
        strategy: 'first_free',
        whenBusy: 'reject',
        deadlines: { queueMs: 'never', runMs: 'never' },
      });
      this.#operations += 1;
      return task.id;
    } catch (error) {
      const isNoAgent = isCode(error, 'NO_AGENT_AVAILABLE');
      const why = isNoAgent ? 'No suitable agent available' : messageOf(error);
      throw wrapped('TaskDelegationError', 'Failed to delegate task', why, error);
    }
  }

  /** Whether there was such an agent. @throws {LegacyError} SimpleOrchestratorError */
  async shutdown_agent({ agent_id, graceful = true }: ShutdownArguments): Promise<boolean> {
    const agent = this.#registered(agent_id);
    if (agent === null) return false;
    if (graceful && agent.currentTaskId !== null) await this.#surroundings.sleep(GRACE_MS);
    try {
      await this.#remove(agent_id);
    } catch (error) {
      throw wrapped('SimpleOrchestratorError', 'Failed to shutdown agent', messageOf(error), error);
    }
    this.#operations += 1;
    return true;
  }

  /** Another call may have removed it while this one waited: legacy's `del` raises KeyError, whose text is the repr. */
  async #remove(agentId: string): Promise<void> {
    if (this.#registered(agentId) === null) throw new Error(repr(agentId));
    await this.#kernel.shutdownAgent(agentId, { graceful: false });
  }

  async get_system_status(_none: object = {}): Promise<SystemStatus> {
    try {
      return await this.#status();
    } catch (error) {
      const timestamp = isoformat(this.#surroundings.nowMs());
      return { timestamp, error: messageOf(error), health: 'error' };
    }
  }

  async #status(): Promise<SoundStatus> {
    const askedAtMs = this.#surroundings.nowMs();
    const health = await this.#kernel.getHealthStatus();
    const agents = this.#kernel.listAgents().filter(isRegistered);
    const nowMs = this.#surroundings.nowMs();
    return {
      timestamp: isoformat(nowMs),
      agents: {
        total: agents.length,
        by_status: agents.length === 0 ? {} : { active: agents.length },
        details: Object.fromEntries(agents.map((agent) => [agent.id, record(agent)])),
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

  #registered(agentId: string): Agent | null {
    const agent = this.#kernel.getAgent(agentId);
    return agent !== null && isRegistered(agent) ? agent : null;
  }

  /** Legacy looks for the id before it counts places. */
  #spawnRefusal(error: unknown, agentId: string | null): string {
    const isFull = isCode(error, 'AT_CAPACITY');
    const isTaken = agentId !== null && this.#registered(agentId) !== null;
    if (isCode(error, 'DUPLICATE_ID') || (isFull && isTaken)) return `Agent ${agentId} already exists`;
    return isFull ? 'Maximum concurrent agents reached' : messageOf(error);
  }
}

const KERNEL_PRIORITY = {
  low: PRIORITY.low,
  medium: PRIORITY.normal,
  high: PRIORITY.high,
  critical: PRIORITY.critical,
} as const satisfies Record<TaskPriority, number>;

const GONE: readonly AgentState[] = ['stopping', 'stopped'];

function isRegistered(agent: Agent): boolean {
  return !GONE.includes(agent.state);
}

function record(agent: Agent): AgentRecord {
  return {
    id: agent.id,
    role: agent.role,
    status: 'active',
    current_task_id: agent.currentTaskId,
    created_at: isoformat(agent.createdAtMs),
    last_activity: isoformat(agent.lastActivityAtMs),
  };
}

function isCode(error: unknown, code: BanyanError['code']): boolean {
  return error instanceof BanyanError && error.code === code;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Every inner error is wrapped once, with this prefix. */
function wrapped(type: string, prefix: string, why: string, cause: unknown): LegacyError {
  return new LegacyError(type, `${prefix}: ${why}`, { cause });
}
