import type { Agent } from '../../contract/agents.ts';
import { BanyanError } from '../../contract/errors.ts';
import type { Task } from '../../contract/tasks.ts';
import { canStandIn, isLive, requestLike, whyNotRepeatable } from '../parts/replacement.ts';
import type { Step } from '../parts/steps.ts';
import type { Context } from './state.ts';

type Facts = {
  readonly agentId: string;
  readonly toAgentId: string | null;
  readonly reason: string;
  agent: Agent | null;
  standIn: Agent | null;
  tasks: readonly Task[];
  /** Ids of those that run on the agent and must not run twice. */
  readonly stay: Set<string>;
};

export function failoverFacts(agentId: string, toAgentId: string | null, reason: string): Facts {
  return { agentId, toAgentId, reason, agent: null, standIn: null, tasks: [], stay: new Set() };
}

/** Takes an agent out of service without losing what it was to do. */
export function failoverSteps(context: Context): readonly Step<Facts>[] {
  return [
    {
      name: 'find',
      says: 'look the agent up, and the tasks that run on it or wait for it',
      needed: true,
      run: (facts) => find(context, facts),
    },
    {
      name: 'stand_in',
      says: 'take the agent named, or one that can do the same, or spawn one like it',
      needed: true,
      run: (facts) => standIn(context, facts),
    },
    {
      name: 'move_tasks',
      says: 'give each of its tasks to the stand-in, those that wait first',
      needed: true,
      run: (facts) => moveTasks(context, facts),
    },
    {
      name: 'retire',
      says: 'shut the agent down; what it still runs is driven again elsewhere, or fails where it must not be',
      needed: true,
      run: (facts) => retire(context, facts),
    },
    {
      name: 'verify',
      says: 'see that the agent is gone, the stand-in works and no task was lost',
      needed: true,
      run: (facts) => verify(context, facts),
    },
  ];
}

async function find({ kernel }: Context, facts: Facts): Promise<string> {
  const agent = await kernel.getAgent(facts.agentId);
  if (agent === null || agent.state === 'stopped') throw new Error(`there is no agent "${facts.agentId}"`);
  facts.agent = agent;
  const oldestFirst = (await kernel.listTasks({ agentId: agent.id, states: ['running', 'queued'] })).toReversed();
  // Those that wait go first: else one of them would begin on the agent as soon as it is free.
  facts.tasks = oldestFirst.toSorted((a, b) => Number(a.state === 'running') - Number(b.state === 'running'));
  return `it is ${agent.state}, with ${facts.tasks.length} tasks`;
}

async function standIn({ kernel }: Context, facts: Facts): Promise<string> {
  const agent = found(facts);
  const others = (await kernel.listAgents()).filter(isLive);
  if (facts.toAgentId !== null) {
    facts.standIn = others.find(({ id }) => id === facts.toAgentId) ?? null;
    if (facts.standIn === null) throw new Error(`there is no live agent "${facts.toAgentId}"`);
    return `${facts.toAgentId}, as asked`;
  }
  const able = others.filter((other) => canStandIn(other, agent));
  facts.standIn = able.toSorted((a, b) => a.taskIds.length - b.taskIds.length)[0] ?? null;
  if (facts.standIn !== null) return `${facts.standIn.id}, which can do the same`;
  const why = whyNotRepeatable(agent);
  if (why !== null) throw new Error(`no other agent can do the same, and none like it can be spawned: ${why}`);
  facts.standIn = await kernel.spawnAgent(requestLike(agent));
  return `${facts.standIn.id}, spawned for it`;
}

async function moveTasks({ kernel, holdOff, now, config }: Context, facts: Facts): Promise<string> {
  // Its places become free with the tasks that leave it: none that is queued may begin there.
  holdOff(facts.agentId, now() + config.sequenceMsMax, config.sequenceMsMax);
  const to = facts.standIn?.id ?? null;
  for (const { id } of facts.tasks) {
    const task = await kernel.getTask(id);
    if (task?.state !== 'running' && task?.state !== 'queued') continue;
    if (!(await wasMoved(kernel.reassign(id, to))) && (await kernel.getTask(id))?.state === 'running')
      facts.stay.add(id);
  }
  const staying = facts.stay.size === 0 ? '' : `, but for ${facts.stay.size} that must not run twice`;
  return `${facts.tasks.length} tasks${staying}`;
}

/** `false`: it must not run twice, or it has ended. */
async function wasMoved(moving: Promise<Task>): Promise<boolean> {
  try {
    await moving;
    return true;
  } catch (error) {
    if (error instanceof BanyanError && error.code === 'ILLEGAL_MOVE') return false;
    throw error;
  }
}

async function retire({ kernel }: Context, { agentId, reason }: Facts): Promise<string> {
  const { state } = await kernel.shutdownAgent(agentId, { graceful: false, unfinished: 'redrive', reason });
  return `it is ${state}`;
}

async function verify({ kernel }: Context, facts: Facts): Promise<string> {
  const gone = await kernel.getAgent(facts.agentId);
  if (gone !== null && gone.state !== 'stopped') throw new Error(`${facts.agentId} is still ${gone.state}`);
  const standIn = await kernel.getAgent(facts.standIn?.id ?? '');
  if (standIn === null || !isLive(standIn)) throw new Error('the stand-in does not work');
  const tasks = await Promise.all(facts.tasks.map(({ id }) => kernel.getTask(id)));
  const ended = tasks.filter((task) => task?.state === 'cancelled' || task?.state === 'failed');
  const lost = ended.filter((task) => !facts.stay.has(task?.id ?? ''));
  if (lost.length > 0) throw new Error(`lost: ${lost.map((task) => task?.id).join(', ')}`);
  const whole = `${tasks.length - facts.stay.size} tasks are with ${standIn.id} or done`;
  return facts.stay.size === 0 ? whole : `${whole}; ${[...facts.stay].join(', ')} must not run twice and ended with it`;
}

function found({ agent, agentId }: Facts): Agent {
  if (agent === null) throw new Error(`agent "${agentId}" was not looked up`);
  return agent;
}
