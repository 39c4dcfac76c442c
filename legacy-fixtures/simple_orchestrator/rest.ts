/** The REST routes that the web clients of the service use, in the style of FastAPI. */
import { AGENT_ROLES, type AgentRole, type SimpleOrchestrator } from './orchestrator.ts';
import { pythonRepr } from './python.ts';
import type { Reply } from './rpc.ts';

/** A team of two counts as ready. */
const READY_AGENTS_MIN = 2;

export async function spawnByRole(orchestrator: SimpleOrchestrator, given: string): Promise<Reply> {
  const role = AGENT_ROLES.find((known) => known === given.toLowerCase());
  if (role === undefined) return detail(400, `Invalid role: ${given}. Valid roles: ${pythonRepr([...AGENT_ROLES])}`);
  try {
    return { status: 200, body: spawned(await orchestrator.spawnAgent(role), role) };
  } catch (error) {
    // Whatever went wrong, also a full house, is told as a server error here.
    return detail(500, `Failed to spawn ${given} agent: ${error instanceof Error ? error.message : String(error)}`);
  }
}

export async function agentsStatus(orchestrator: SimpleOrchestrator): Promise<Reply> {
  const status = await orchestrator.getSystemStatus();
  const { total, details } = status.agents;
  return {
    status: 200,
    body: {
      active: total > 0,
      agent_count: total,
      agents: details,
      system_ready: total >= READY_AGENTS_MIN,
      orchestrator_type: 'SimpleOrchestrator',
      orchestrator_health: status.health,
      performance: status.performance,
    },
  };
}

export async function deactivate(orchestrator: SimpleOrchestrator): Promise<Reply> {
  const { agents } = await orchestrator.getSystemStatus();
  const ids = Object.keys(agents.details);
  for (const id of ids) await orchestrator.shutdownAgent(id, false);
  return {
    status: 200,
    body: {
      success: true,
      message: `Agent system deactivated: ${ids.length} agents shut down`,
      agents_shutdown: ids.length,
    },
  };
}

export function detail(status: number, text: string): Reply {
  return { status, body: { detail: text } };
}

function spawned(agentId: string, role: AgentRole): unknown {
  return { success: true, agent_id: agentId, role, message: `Spawned ${role} agent` };
}
