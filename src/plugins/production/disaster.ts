import { requestLike, whyNotRepeatable } from '../parts/replacement.ts';
import { messageOf, type Step } from '../parts/steps.ts';
import type { Backup } from './shapes.ts';
import type { Context } from './state.ts';

type Facts = {
  readonly backupId: string | null;
  readonly reason: string;
  backup: Backup | null;
  restored: readonly string[];
  /** Agents that could not be brought back, and why. */
  lost: readonly string[];
};

export function disasterFacts(backupId: string | null, reason: string): Facts {
  return { backupId, reason, backup: null, restored: [], lost: [] };
}

/** Brings back the agents of a backup, under their own ids, after they were lost together. */
export function disasterSteps(context: Context): readonly Step<Facts>[] {
  return [
    {
      name: 'choose_backup',
      says: 'take the backup named, or the newest',
      needed: true,
      run: (facts) => chooseBackup(context, facts),
    },
    {
      name: 'clear_failed',
      says: 'shut failed agents down; what they were to do is driven again elsewhere',
      needed: false,
      run: (facts) => clearFailed(context, facts),
    },
    {
      name: 'restore_agents',
      says: 'spawn each agent of the backup that is missing, with its id',
      needed: false,
      run: (facts) => restoreAgents(context, facts),
    },
    {
      name: 'free_tasks',
      says: 'let tasks that wait for an agent that is gone go to any agent that may run them',
      needed: false,
      run: () => freeTasks(context),
    },
    {
      name: 'verify',
      says: 'see that every agent of the backup is there',
      needed: true,
      run: (facts) => verify(context, facts),
    },
  ];
}

async function chooseBackup({ state }: Context, facts: Facts): Promise<string> {
  const { backupId } = facts;
  facts.backup =
    (backupId === null ? state.backups.at(-1) : state.backups.find((backup) => backup.id === backupId)) ?? null;
  if (facts.backup === null) throw new Error(backupId === null ? 'there is no backup' : `there is no ${backupId}`);
  const { id, atMs, agents } = facts.backup;
  return `${id} of ${new Date(atMs).toISOString()} with ${agents.length} agents`;
}

async function clearFailed({ kernel }: Context, { reason }: Facts): Promise<string> {
  const failed = await kernel.listAgents({ states: ['failed'] });
  for (const { id } of failed) await kernel.shutdownAgent(id, { graceful: false, unfinished: 'redrive', reason });
  return `${failed.length} agents`;
}

async function restoreAgents(context: Context, facts: Facts): Promise<string> {
  const there = new Set((await context.kernel.listAgents()).map(({ id }) => id));
  const missing = (facts.backup?.agents ?? []).filter(({ id }) => !there.has(id));
  const ends = [];
  for (const agent of missing) ends.push(await restoreAgent(context, agent));
  facts.restored = ends.flatMap((end) => (end.why === null ? [end.id] : []));
  facts.lost = ends.flatMap((end) => (end.why === null ? [] : [`${end.id} (${end.why})`]));
  if (facts.lost.length > 0) throw new Error(`${facts.restored.length} came back; not: ${facts.lost.join(', ')}`);
  return `${facts.restored.length} agents came back`;
}

async function restoreAgent({ kernel }: Context, agent: Backup['agents'][number]) {
  const { id } = agent;
  // A manual agent is only its record here: whoever works for it finds it again by its id.
  const why = agent.runtime === 'manual' ? null : whyNotRepeatable(agent);
  if (why !== null) return { id, why };
  try {
    await kernel.spawnAgent({ ...requestLike(agent), id });
    return { id, why: null };
  } catch (error) {
    return { id, why: messageOf(error) };
  }
}

async function freeTasks({ kernel }: Context): Promise<string> {
  const there = new Set((await kernel.listAgents({ states: ['starting', 'idle', 'busy'] })).map(({ id }) => id));
  const queued = await kernel.listTasks({ states: ['queued'] });
  const orphans = queued.filter(({ agentId }) => agentId !== null && !there.has(agentId));
  const stuck: string[] = [];
  for (const { id } of orphans) {
    await kernel.reassign(id, null).catch((error: unknown) => stuck.push(`${id} (${messageOf(error)})`));
  }
  if (stuck.length > 0) throw new Error(`nobody may run: ${stuck.join(', ')}`);
  return `${orphans.length} tasks`;
}

async function verify({ kernel }: Context, facts: Facts): Promise<string> {
  const live = new Set((await kernel.listAgents({ states: ['starting', 'idle', 'busy'] })).map(({ id }) => id));
  const missing = (facts.backup?.agents ?? []).filter(({ id }) => !live.has(id));
  if (missing.length > 0) throw new Error(`missing: ${missing.map(({ id }) => id).join(', ')}`);
  return `all ${facts.backup?.agents.length ?? 0} agents are there`;
}
