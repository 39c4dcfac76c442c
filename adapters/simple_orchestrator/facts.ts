/** The names and numbers of `simple_orchestrator`. */
import type { LegacyEnum, Signature } from '../../src/contract/adapter.ts';

export const AGENT_ROLES = ['backend_developer', 'frontend_developer', 'devops_engineer', 'qa_engineer'] as const;
export type AgentRole = (typeof AGENT_ROLES)[number];

export const TASK_PRIORITIES = ['low', 'medium', 'high', 'critical'] as const;
export type TaskPriority = (typeof TASK_PRIORITIES)[number];

export const AGENTS_MAX = 50;

/** How long a graceful shutdown waits for the agent's task. */
export const GRACE_MS = 1000;

/** From this many agents on, the status route calls the system ready. */
export const READY_AGENTS_MIN = 2;

const ROLE: LegacyEnum = { enum: 'AgentRole', values: AGENT_ROLES };
const PRIORITY: LegacyEnum = { enum: 'TaskPriority', values: TASK_PRIORITIES };

export const methods = {
  spawn_agent: [
    { name: 'role', type: ROLE, required: true },
    { name: 'agent_id', type: 'str', required: false, nullable: true },
  ],
  delegate_task: [
    { name: 'task_description', type: 'str', required: true },
    { name: 'task_type', type: 'str', required: true },
    { name: 'priority', type: PRIORITY, required: false },
    { name: 'preferred_agent_role', type: ROLE, required: false, nullable: true },
  ],
  shutdown_agent: [
    { name: 'agent_id', type: 'str', required: true },
    { name: 'graceful', type: 'bool', required: false },
  ],
  get_system_status: [],
} as const satisfies Record<string, Signature>;
