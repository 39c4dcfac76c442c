/** Calls that are held before they are made: nothing of the kernel waits meanwhile, so they may be held for long. */
import { randomUUID } from 'node:crypto';
import type { Agent, SpawnRequest } from '../../contract/agents.ts';
import { BanyanError } from '../../contract/errors.ts';
import { newV2Id } from '../../contract/ids.ts';
import type { Task, TaskRequest } from '../../contract/tasks.ts';
import { ABORTED, type Passing, pass } from './debugger.ts';
import { liveOf } from './live.ts';
import type { Context } from './state.ts';

/** @throws {BanyanError} VETOED when it is aborted, and as delegateTask */
export function delegate(request: TaskRequest, context: Context): Promise<Task> {
  const { type, agentId = null, role = null, id = newV2Id(context.now(), randomUUID()) } = request;
  const passing: Passing = { place: 'delegate', taskId: id, agentId, type, role };
  return debugged(id, passing, context, () => context.kernel.delegateTask({ ...request, id }));
}

/** @throws {BanyanError} VETOED when it is aborted, and as spawnAgent */
export function spawn(request: SpawnRequest, context: Context): Promise<Agent> {
  const { role, id = newV2Id(context.now(), randomUUID()) } = request;
  const passing: Passing = { place: 'spawn', taskId: null, agentId: id, type: null, role };
  return debugged(id, passing, context, () => context.kernel.spawnAgent({ ...request, id }));
}

async function debugged<T>(id: string, passing: Passing, context: Context, call: () => Promise<T>): Promise<T> {
  const held = pass(passing, context.config.runHoldMs, context);
  if (held !== null && (await held) === 'abort') throw new BanyanError('VETOED', ABORTED);
  const { passed } = liveOf(context);
  passed.add(id);
  try {
    return await call();
  } finally {
    passed.delete(id);
  }
}
