import type { z } from 'zod';
import { BanyanError } from '../../contract/errors.ts';
import type { Task } from '../../contract/tasks.ts';
import { isLive } from '../parts/replacement.ts';
import { messageOf } from '../parts/steps.ts';
import { agentKey, isAdmitted } from './breakers.ts';
import type { reassignment } from './shapes.ts';
import type { Context } from './state.ts';

type Reassignment = z.output<typeof reassignment>;

/** Moves a task to another agent; one that has failed is delegated anew, once. */
export async function reassign(taskId: string, context: Context): Promise<Reassignment> {
  const task = await context.kernel.getTask(taskId);
  if (task === null) return refused('there is no such task');
  try {
    return await REASSIGN[task.state](task, context);
  } catch (error) {
    return refused(messageOf(error));
  }
}

const REASSIGN: { readonly [S in Task['state']]: (task: Task, context: Context) => Promise<Reassignment> } = {
  running: move,
  queued: move,
  waiting: async () => refused('it waits for other tasks, and is given an agent when it is ready'),
  failed: delegateAnew,
  completed: async () => refused('it has completed'),
  cancelled: async () => refused('it was cancelled'),
};

async function move({ id }: Task, { kernel }: Context): Promise<Reassignment> {
  const { agentId } = await kernel.reassign(id, null);
  return { done: true, taskId: id, why: agentId === null ? 'it waits for another agent' : `it is with ${agentId}` };
}

/** The key keeps a second call from doing the work twice. */
async function delegateAnew(task: Task, { kernel, plugin }: Context): Promise<Reassignment> {
  const { type, description, input, priority, capabilities, rehearsal, attributes } = task;
  const { id } = await kernel.delegateTask({
    type,
    description,
    input,
    priority,
    capabilities,
    rehearsal,
    attributes: { ...attributes, insteadOf: task.id },
    idempotencyKey: `${plugin}:instead-of:${task.id}`,
  });
  return { done: true, taskId: id, why: 'it had failed, and was delegated anew' };
}

/** Takes everything from an agent that can go elsewhere. */
export async function takeTasksFrom(agentId: string, context: Context) {
  const { kernel } = context;
  const tasks = await kernel.listTasks({ agentId, states: ['queued', 'running'] });
  const moved: string[] = [];
  const stuck: string[] = [];
  // Those that wait go first: else one of them would begin on the agent as soon as it is free.
  for (const task of tasks.toSorted((a, b) => Number(a.state === 'running') - Number(b.state === 'running'))) {
    const isGone =
      task.state === 'running' ? await moveAway(task, context) : await bindElsewhere(task, agentId, context);
    if (isGone !== null) (isGone ? moved : stuck).push(task.id);
  }
  return { moved, stuck };
}

/** The kernel keeps a task that is taken from an agent away from it. `null`: it ended meanwhile. */
async function moveAway({ id }: Task, { kernel }: Context): Promise<boolean | null> {
  return wasMoved(kernel.reassign(id, null));
}

/** A task that waits could be given to the same agent again, so it is given to another by name, one that gets work. */
async function bindElsewhere(task: Task, agentId: string, context: Context): Promise<boolean | null> {
  const { kernel } = context;
  const others = (await kernel.listAgents()).filter((agent) => agent.id !== agentId && isLive(agent));
  const isKeptAway = (id: string) => Number(!isAdmitted(agentKey(id), context));
  for (const other of others.toSorted(
    (a, b) => isKeptAway(a.id) - isKeptAway(b.id) || a.taskIds.length - b.taskIds.length,
  )) {
    const isMoved = await wasMoved(kernel.reassign(task.id, other.id));
    if (isMoved !== false) return isMoved;
  }
  return false;
}

async function wasMoved(moving: Promise<Task>): Promise<boolean | null> {
  try {
    await moving;
    return true;
  } catch (error) {
    if (!(error instanceof BanyanError)) throw error;
    return error.code === 'ILLEGAL_MOVE' || error.code === 'UNKNOWN_TASK' ? null : false;
  }
}

function refused(why: string): Reassignment {
  return { done: false, taskId: null, why };
}
