/**
 * Calls the plugins of one hook, by kind. All is synchronous until a plugin returns a promise; only then
 * does the caller get one.
 */
import type { HookName, Veto } from '../../contract/hooks.ts';
import { callHook, failed, isPending, NO_SAY } from './call.ts';
import type { Calls, Engine } from './engine.ts';
import { messageOf } from './findings.ts';
import type { HookRun } from './hook-run.ts';
import { applyPatch, Writers } from './patch.ts';
import { Vetoed } from './vetoed.ts';

/** The plugins of one hook, in order. */
export type Slot = {
  readonly runs: readonly HookRun[];
  /** Whether two plugins may write one field, so that writers must be remembered. */
  readonly contended: boolean;
};

type Values = Readonly<Record<string, unknown>>;
type MaybePromise<T> = T | Promise<T>;

/** The event as the plugins left it. Throws or rejects with `Vetoed`. */
export function transformAll(
  calls: Calls,
  slot: Slot,
  event: Values,
  from = 0,
  writers: Writers | null = slot.contended ? new Writers() : null,
): MaybePromise<Values> {
  const { engine, meter } = calls;
  meter.readMs = engine.stopwatch.nowMs();
  let seen = event;
  for (let i = from; i < slot.runs.length; i++) {
    const run = slot.runs[i] as HookRun;
    const patch = callHook(calls, run, seen);
    if (isPending(patch)) return transformRest(calls, slot, seen, i, patch, writers);
    seen = patched(engine, run, seen, patch, writers);
  }
  return seen;
}

/** Apart, because a closure in the loop above would cost every call an allocation. */
function transformRest(
  calls: Calls,
  slot: Slot,
  event: Values,
  at: number,
  patch: Promise<unknown>,
  writers: Writers | null,
): Promise<Values> {
  const run = slot.runs[at] as HookRun;
  return patch.then((value) =>
    transformAll(calls, slot, patched(calls.engine, run, event, value, writers), at + 1, writers),
  );
}

function patched(engine: Engine, run: HookRun, event: Values, patch: unknown, writers: Writers | null): Values {
  if (patch === undefined) {
    run.breaker.succeeded();
    return event;
  }
  const next = patch === NO_SAY ? null : applyPatch(engine, run, event, patch, writers);
  if (next === null) vetoIfClosed(run);
  return next ?? event;
}

/** Guards do not depend on each other: those that return promises are waited for together. */
export function guardAll(calls: Calls, slot: Slot, event: unknown): MaybePromise<void> {
  const { engine, meter } = calls;
  meter.readMs = engine.stopwatch.nowMs();
  let pending: readonly Promise<void>[] | null = null;
  for (const run of slot.runs) {
    const answer = callHook(calls, run, event);
    if (pending === null && !isPending(answer)) allowed(engine, run, answer);
    else pending = [...(pending ?? []), allowedLater(engine, run, answer)];
  }
  if (pending !== null) return firstVeto(pending);
}

/** Apart, because a closure in the loop above would cost every call an allocation. */
async function allowedLater(engine: Engine, run: HookRun, answer: unknown): Promise<void> {
  allowed(engine, run, await answer);
}

/** Waits for all, so that the veto that is told does not depend on who is faster: the first in order is. */
async function firstVeto(pending: readonly Promise<void>[]): Promise<void> {
  for (const settled of await Promise.allSettled(pending)) if (settled.status === 'rejected') throw settled.reason;
}

function allowed(engine: Engine, run: HookRun, answer: unknown): void {
  if (isVeto(answer)) {
    run.breaker.succeeded();
    run.vetoes++;
    throw new Vetoed(run.plugin.name, run.place, answer.veto, answer.retryAfterMs ?? null);
  }
  if (answer === undefined) {
    run.breaker.succeeded();
    return;
  }
  if (answer !== NO_SAY) failed(engine, run, 'bad_answer', 'a guard returns nothing or { veto: reason }');
  vetoIfClosed(run);
}

function isVeto(answer: unknown): answer is Veto {
  return typeof answer === 'object' && answer !== null && typeof (answer as { veto?: unknown }).veto === 'string';
}

/** Whether an answer of a decide hook may be taken. */
export type MayAnswer = (answer: unknown, event: unknown) => boolean;

/** What each decide hook accepts. */
export const MAY_ANSWER = {
  choose_agent: (answer, event) =>
    (event as { candidates: readonly { id: string }[] }).candidates.some((candidate) => candidate.id === answer),
} as const satisfies Partial<Record<HookName, MayAnswer>>;

/** The first answer that may be taken; `undefined` when no plugin has one. */
export function decideFirst(
  calls: Calls,
  slot: Slot,
  event: unknown,
  mayAnswer: MayAnswer,
  from = 0,
): MaybePromise<unknown> {
  const { engine, meter } = calls;
  meter.readMs = engine.stopwatch.nowMs();
  for (let i = from; i < slot.runs.length; i++) {
    const run = slot.runs[i] as HookRun;
    const answer = callHook(calls, run, event);
    if (isPending(answer)) return decideRest(calls, slot, event, mayAnswer, i, answer);
    const answered = taken(engine, run, answer, event, mayAnswer);
    if (answered !== undefined) return answered;
  }
  return undefined;
}

function decideRest(
  calls: Calls,
  slot: Slot,
  event: unknown,
  mayAnswer: MayAnswer,
  at: number,
  answer: Promise<unknown>,
): Promise<unknown> {
  const run = slot.runs[at] as HookRun;
  return answer.then(
    (value) => taken(calls.engine, run, value, event, mayAnswer) ?? decideFirst(calls, slot, event, mayAnswer, at + 1),
  );
}

function taken(engine: Engine, run: HookRun, answer: unknown, event: unknown, mayAnswer: MayAnswer): unknown {
  if (answer === undefined || (answer !== NO_SAY && mayAnswer(answer, event))) {
    run.breaker.succeeded();
    return answer;
  }
  if (answer !== NO_SAY) failed(engine, run, 'bad_answer', `${messageOf(answer).slice(0, 100)} may not be chosen`);
  vetoIfClosed(run);
  return undefined;
}

function vetoIfClosed(run: HookRun): void {
  if (!run.closed) return;
  run.vetoes++;
  throw new Vetoed(run.plugin.name, run.place, "it has no say and is declared onError: 'closed'");
}
