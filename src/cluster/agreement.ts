import type { Policy } from '../contract/policy.ts';
import type { Deadlines } from './deadlines.ts';
import type { Question } from './messages.ts';
import type { SentConfig } from './sent-config.ts';
import type { WorkerProcess } from './worker-process.ts';

/** Ends a worker that cannot follow the others. */
export type Replace = (worker: WorkerProcess, why: string) => Promise<void>;

type Terms = { readonly deadlines: Deadlines; readonly replace: Replace };

/**
 * Resolves when every call that begins in any worker is decided by this policy. A worker that does not say so in time
 * is replaced: it would go on deciding by the one before.
 */
export async function announcePolicy(
  workers: readonly WorkerProcess[],
  policy: Policy,
  { deadlines, replace }: Terms,
): Promise<void> {
  const question: Question = { kind: 'policy', policy };
  const inForce = async (worker: WorkerProcess) => {
    const mustFollow = worker.state !== 'starting';
    try {
      await worker.ask(question, deadlines.inForceMs);
    } catch {
      if (mustFollow) await replace(worker, 'did not take another policy in time');
    }
  };
  const follow = workers.map((worker) => [worker.state, inForce(worker)] as const);
  // One that starts is given its first connection behind this message.
  await Promise.all(follow.flatMap(([state, done]) => (state === 'starting' ? [] : [done])));
}

/**
 * Puts a config in force in all workers, or in none: `commit` runs when each has said that it could take it. Those
 * that leave end on what they have.
 * @param lives whether a worker goes on; what one says that died, leaves or could not start does not count
 * @param commit puts it in force here; when it throws, nothing is changed anywhere
 * @throws BanyanError why one could not, or what `commit` threw
 */
export async function configureAll<T>(
  workers: readonly WorkerProcess[],
  configured: SentConfig,
  {
    attempt,
    commit,
    lives,
    deadlines,
    replace,
  }: Terms & {
    /** A number that no config had before. */
    readonly attempt: number;
    readonly commit: () => T;
    readonly lives: (worker: WorkerProcess) => boolean;
  },
): Promise<T> {
  const asked = workers.filter(({ state }) => state !== 'leaving');
  const prepare: Question = { kind: 'prepare', attempt, configured };
  const refusals = await Promise.all(asked.map((worker) => refusalOf(worker, prepare, deadlines.prepareMs)));
  const able = asked.filter(lives);
  const refusal = refusals.find((found, index) => found !== null && lives(asked[index] as WorkerProcess));
  const discard = () => {
    for (const worker of able) worker.tell({ kind: 'discard', attempt });
  };
  if (refusal !== undefined && refusal !== null) {
    discard();
    throw refusal.error;
  }
  const committed = orElse(discard, commit);
  const question: Question = { kind: 'commit', attempt };
  await Promise.all(
    able.map((worker) =>
      worker.ask(question, deadlines.inForceMs).catch(() => replace(worker, 'did not take another config in time')),
    ),
  );
  return committed;
}

function orElse<T>(undo: () => void, attempt: () => T): T {
  try {
    return attempt();
  } catch (error) {
    undo();
    throw error;
  }
}

async function refusalOf(
  worker: WorkerProcess,
  prepare: Question,
  withinMs: number,
): Promise<{ readonly error: unknown } | null> {
  try {
    await worker.ask(prepare, withinMs);
    return null;
  } catch (error) {
    return { error };
  }
}
