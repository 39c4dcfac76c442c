/**
 * The legacy SimpleOrchestrator as its callers know it: agents in memory, one task each, and nothing that ever
 * completes a task. Its oddities are its contract; do not mend them.
 */
import { pythonIsoformat, pythonRepr, pythonRound2 } from './python.ts';

export const AGENT_ROLES = ['backend_developer', 'frontend_developer', 'devops_engineer', 'qa_engineer'] as const;
export type AgentRole = (typeof AGENT_ROLES)[number];

export const TASK_PRIORITIES = ['low', 'medium', 'high', 'critical'] as const;
export type TaskPriority = (typeof TASK_PRIORITIES)[number];

export class SimpleOrchestratorError extends Error {
  override name = 'SimpleOrchestratorError';
}

export class TaskDelegationError extends SimpleOrchestratorError {
  override name = 'TaskDelegationError';
}

/** What the orchestrator takes from outside, so that tests can say what time it is. */
export type Surroundings = {
  /** Microseconds since the epoch. */
  readonly nowMicros: () => number;
  readonly newId: () => string;
  readonly sleep: (ms: number) => Promise<void>;
};

/** As `to_dict()` renders it. */
export type AgentRecord = {
  readonly id: string;
  readonly role: AgentRole;
  readonly status: 'active' | 'inactive';
  readonly current_task_id: string | null;
  readonly created_at: string;
  readonly last_activity: string;
};

export type SystemStatus = {
  readonly timestamp: string;
  readonly agents: {
    readonly total: number;
    readonly by_status: Readonly<Record<string, number>>;
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

type AgentInstance = {
  readonly id: string;
  readonly role: AgentRole;
  status: 'active' | 'inactive';
  currentTaskId: string | null;
  readonly createdAtMicros: number;
  lastActivityMicros: number;
};

type TaskAssignment = {
  readonly taskId: string;
  readonly agentId: string;
  readonly priority: TaskPriority;
  readonly assignedAtMicros: number;
};

const GRACE_MS = 1000;

export class SimpleOrchestrator {
  readonly #surroundings: Surroundings;
  readonly #agentsMax: number;
  readonly #agents = new Map<string, AgentInstance>();
  /** Only ever grows: no call of this interface ends an assignment. */
  readonly #assignments = new Map<string, TaskAssignment>();
  readonly #startedAtMicros: number;
  #operations = 0;

  constructor(surroundings: Surroundings, agentsMax = 50) {
    this.#surroundings = surroundings;
    this.#agentsMax = agentsMax;
    this.#startedAtMicros = surroundings.nowMicros();
  }

  async spawnAgent(role: AgentRole, agentId: string | null = null): Promise<string> {
    const id = agentId ?? this.#surroundings.newId();
    if (this.#agents.has(id)) throw spawnError(`Agent ${id} already exists`);
    if (this.#activeCount() >= this.#agentsMax) throw spawnError('Maximum concurrent agents reached');

    const now = this.#surroundings.nowMicros();
    this.#agents.set(id, {
      id,
      role,
      status: 'active',
      currentTaskId: null,
      createdAtMicros: now,
      lastActivityMicros: now,
    });
    this.#operations += 1;
    return id;
  }

  async delegateTask(
    _description: string,
    _taskType: string,
    priority: TaskPriority = 'medium',
    preferredRole: AgentRole | null = null,
  ): Promise<string> {
    const taskId = this.#surroundings.newId();
    const agent = this.#suitableAgent(preferredRole);
    if (agent === undefined) throw new TaskDelegationError('Failed to delegate task: No suitable agent available');

    const now = this.#surroundings.nowMicros();
    agent.currentTaskId = taskId;
    agent.lastActivityMicros = now;
    this.#assignments.set(taskId, { taskId, agentId: agent.id, priority, assignedAtMicros: now });
    this.#operations += 1;
    return taskId;
  }

  async shutdownAgent(agentId: string, graceful = true): Promise<boolean> {
    const agent = this.#agents.get(agentId);
    if (agent === undefined) return false;
    if (graceful && agent.currentTaskId !== null) await this.#surroundings.sleep(GRACE_MS);

    agent.status = 'inactive';
    agent.lastActivityMicros = this.#surroundings.nowMicros();
    // Python's `del` raises KeyError for an agent that another call removed during the wait.
    if (!this.#agents.delete(agentId)) {
      throw new SimpleOrchestratorError(`Failed to shutdown agent: ${pythonRepr(agentId)}`);
    }
    this.#operations += 1;
    return true;
  }

  async getSystemStatus(): Promise<SystemStatus> {
    const startedAt = this.#surroundings.nowMicros();
    const agents = [...this.#agents.values()];
    const now = this.#surroundings.nowMicros();
    return {
      timestamp: pythonIsoformat(now),
      agents: {
        total: agents.length,
        by_status: countByStatus(agents),
        details: Object.fromEntries(agents.map((agent) => [agent.id, record(agent)])),
      },
      tasks: { active_assignments: this.#assignments.size },
      performance: {
        operations_count: this.#operations,
        operations_per_second: pythonRound2(this.#operations / this.#secondsUp(now)),
        response_time_ms: pythonRound2((this.#surroundings.nowMicros() - startedAt) / 1000),
      },
      health: agents.length > 0 ? 'healthy' : 'no_agents',
    };
  }

  #activeCount(): number {
    return [...this.#agents.values()].filter((agent) => agent.status === 'active').length;
  }

  /** The first free agent in the order of spawning; one of the preferred role goes first. */
  #suitableAgent(preferredRole: AgentRole | null): AgentInstance | undefined {
    const free = [...this.#agents.values()].filter(
      (agent) => agent.status === 'active' && agent.currentTaskId === null,
    );
    return free.find((agent) => agent.role === preferredRole) ?? free[0];
  }

  #secondsUp(nowMicros: number): number {
    return Math.max((nowMicros - this.#startedAtMicros) / 1_000_000, 1);
  }
}

function spawnError(message: string): SimpleOrchestratorError {
  return new SimpleOrchestratorError(`Failed to spawn agent: ${message}`);
}

function countByStatus(agents: readonly AgentInstance[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { status } of agents) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}

function record(agent: AgentInstance): AgentRecord {
  return {
    id: agent.id,
    role: agent.role,
    status: agent.status,
    current_task_id: agent.currentTaskId,
    created_at: pythonIsoformat(agent.createdAtMicros),
    last_activity: pythonIsoformat(agent.lastActivityMicros),
  };
}
