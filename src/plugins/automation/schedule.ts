import { hit } from '../parts/bounded.ts';
import { messageOf } from '../parts/steps.ts';
import { cleanUp, cleanUpFailed } from './cleanup.ts';
import { recover } from './recovery/recover.ts';
import { OPERATIONS, type Scheduled } from './shapes.ts';
import { BOUNDS, type Context } from './state.ts';
import { takeTasksFrom } from './tasks.ts';

type Given = Pick<Scheduled, 'agentId' | 'atMs' | 'facts'> & { readonly operation: string };

/** Notes something to be done at its time. `null`: it is not known how, or too much is noted. */
export function schedule({ operation, agentId, atMs, facts }: Given, { state }: Context): string | null {
  if (!isKnown(operation)) return null;
  dropDone(state.scheduled);
  if (state.scheduled.size >= BOUNDS.scheduledMax) {
    hit(state.limitsHit, 'scheduledMax');
    return null;
  }
  const id = `scheduled-${++state.serial}`;
  state.scheduled.set(id, { id, operation, agentId, atMs, facts, state: 'waiting', outcome: null });
  return id;
}

/** Does what is due, in the order of its time. */
export async function runDue(context: Context): Promise<void> {
  const { state, now } = context;
  const due = [...state.scheduled.values()].filter((one) => one.state === 'waiting' && one.atMs <= now());
  for (const one of due.sort((a, b) => a.atMs - b.atMs).slice(0, BOUNDS.perTickMax)) await run(one, context);
}

async function run(one: Scheduled, context: Context): Promise<void> {
  try {
    one.outcome = await DO[one.operation](one, context);
    one.state = 'done';
  } catch (error) {
    one.outcome = messageOf(error);
    one.state = 'failed';
  }
}

type Do = (one: Scheduled, context: Context) => Promise<string>;

const DO: { readonly [O in Scheduled['operation']]: Do } = {
  async recover(one, context) {
    const severity = typeof one.facts.severity === 'number' ? one.facts.severity : 1;
    const recovery = await recover(agentOf(one), { failure: 'as scheduled', severity, by: 'schedule' }, context);
    if (recovery === null) throw new Error(`there is no agent "${one.agentId}"`);
    return `${recovery.id}: ${recovery.state}`;
  },
  async reassign(one, context) {
    const { moved, stuck } = await takeTasksFrom(agentOf(one), context);
    return `${moved.length} moved, ${stuck.length} stuck`;
  },
  cleanup_failed: async (_one, context) => `${(await cleanUpFailed(context)).length} agents`,
  cleanup: async (_one, context) => `${cleanUp(24 * 3_600_000, context)} records`,
  async shutdown(one, { kernel }) {
    const { state } = await kernel.shutdownAgent(agentOf(one), { reason: 'as scheduled' });
    return `it is ${state}`;
  },
};

function agentOf({ agentId, operation }: Scheduled): string {
  if (agentId === null) throw new Error(`${operation} names its agent`);
  return agentId;
}

/** Done ones are kept for people to read until room is needed. */
function dropDone(scheduled: Map<string, Scheduled>): void {
  if (scheduled.size < BOUNDS.scheduledMax) return;
  for (const [id, { state }] of scheduled) if (state !== 'waiting') scheduled.delete(id);
}

function isKnown(operation: string): operation is Scheduled['operation'] {
  return (OPERATIONS as readonly string[]).includes(operation);
}
