import { type Adapter, LegacyError, type Reply } from '../../src/contract/adapter.ts';
import { repr } from '../support/python.ts';
import { detail } from '../support/rest.ts';
import { SYSTEM } from '../support/surroundings.ts';
import { AGENT_ROLES, AGENTS_MAX, methods, READY_AGENTS_MIN } from './facts.ts';
import { type AgentRecord, SimpleOrchestrator, type SystemStatus } from './interface.ts';
import { wire } from './wire.ts';

/** V2 in the place of `SimpleOrchestrator`. */
export const adapter = {
  type: 'simple_orchestrator',
  module: 'app.core.simple_orchestrator',
  className: 'SimpleOrchestrator',
  wire,
  kernel: { agentsMax: AGENTS_MAX },
  methods,
  errors: { SimpleOrchestratorError: 409, TaskDelegationError: 409 },
  open: (kernel, surroundings = SYSTEM) => new SimpleOrchestrator(kernel, surroundings),
  routes: (legacy) => ({
    spawn_agent_by_role: ({ params }) => spawnByRole(legacy, params.get('role') ?? ''),
    agents_status: () => agentsStatus(legacy),
    deactivate_agents: () => deactivate(legacy),
  }),
} as const satisfies Adapter<SimpleOrchestrator>;

async function spawnByRole(legacy: SimpleOrchestrator, given: string): Promise<Reply> {
  const role = AGENT_ROLES.find((known) => known === given.toLowerCase());
  if (role === undefined) return detail(400, `Invalid role: ${given}. Valid roles: ${repr(AGENT_ROLES)}`);
  try {
    const agentId = await legacy.spawn_agent({ role });
    return { status: 200, body: { success: true, agent_id: agentId, role, message: `Spawned ${role} agent` } };
  } catch (error) {
    // Every refusal is told as a server error here, also a full house.
    if (error instanceof LegacyError) return detail(500, `Failed to spawn ${given} agent: ${error.message}`);
    throw error;
  }
}

/** Always a 200: what goes wrong shows in the body. */
async function agentsStatus(legacy: SimpleOrchestrator): Promise<Reply> {
  const status = await legacy.get_system_status();
  const agents = agentsOf(status);
  const count = Object.keys(agents).length;
  const body = {
    active: count > 0,
    agent_count: count,
    agents,
    system_ready: count >= READY_AGENTS_MIN,
    orchestrator_type: 'SimpleOrchestrator',
    orchestrator_health: status.health,
    performance: 'performance' in status ? status.performance : {},
    ...('error' in status ? { error: status.error } : {}),
  };
  return { status: 200, body };
}

/** Shuts all agents down, none of them gracefully. */
async function deactivate(legacy: SimpleOrchestrator): Promise<Reply> {
  const ids = Object.keys(agentsOf(await legacy.get_system_status()));
  const ended = await Promise.all(ids.map((id) => legacy.shutdown_agent({ agent_id: id, graceful: false })));
  const count = ended.filter(Boolean).length;
  const message = `Agent system deactivated: ${count} agents shut down`;
  return { status: 200, body: { success: true, message, agents_shutdown: count } };
}

function agentsOf(status: SystemStatus): Readonly<Record<string, AgentRecord>> {
  return 'agents' in status ? status.agents.details : {};
}
