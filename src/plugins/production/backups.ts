import { addBounded, hit } from '../parts/bounded.ts';
import type { Backup } from './shapes.ts';
import { BOUNDS, type Context, type KeptAgent } from './state.ts';

/** Characters of an agent's attributes as JSON; larger ones are not kept. */
const ATTRIBUTES_MAX = 4_096;

/** Notes which agents there are. When they are the same as in the newest backup, that one is confirmed. */
export async function takeBackup(context: Context): Promise<Backup> {
  const { kernel, state, now, config } = context;
  const agents = await kernel.listAgents({ states: ['starting', 'idle', 'busy'] });
  if (agents.length > BOUNDS.agentsPerBackupMax) hit(state.limitsHit, 'agentsPerBackupMax');
  const kept = agents.slice(0, BOUNDS.agentsPerBackupMax).map((agent) => keep(context, agent));
  dropOld(context, config.backups.retentionMs);
  const newest = state.backups.at(-1);
  if (newest !== undefined && JSON.stringify(newest.agents) === JSON.stringify(kept)) {
    newest.confirmedAtMs = now();
    return newest;
  }
  const backup: Backup = { id: `backup-${++state.serial}`, atMs: now(), confirmedAtMs: now(), agents: kept };
  hit(state.limitsHit, 'backupsMax', addBounded(state.backups, backup, BOUNDS.backupsMax));
  return backup;
}

function keep({ state }: Context, agent: KeptAgent): Backup['agents'][number] {
  const { id, role, capabilities, runtime, rehearsal, priority, tasksMax, group } = agent;
  const isSmall = JSON.stringify(agent.attributes).length <= ATTRIBUTES_MAX;
  if (!isSmall) hit(state.limitsHit, 'attributesMax');
  const attributes = isSmall ? { ...agent.attributes } : {};
  return { id, role, capabilities: [...capabilities], runtime, rehearsal, priority, tasksMax, group, attributes };
}

function dropOld({ state, now }: Context, retentionMs: number): void {
  const kept = state.backups.filter(({ confirmedAtMs }) => now() - confirmedAtMs <= retentionMs);
  state.backups.splice(0, state.backups.length, ...kept);
}
