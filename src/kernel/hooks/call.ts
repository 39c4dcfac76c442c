import type { OperationBudget } from './budget.ts';
import type { Engine } from './engine.ts';
import { type FindingKind, messageOf } from './findings.ts';
import type { HookRun } from './hook-run.ts';
import { unsettledPerPluginMax } from './unsettled.ts';

/** The plugin had no say: it failed, or was not called. */
export const NO_SAY = Symbol('no say');

/**
 * Calls one plugin's function for one hook. Never throws: a throw, a timeout and an open breaker give
 * `NO_SAY`. Gives a native promise only when the plugin gives a promise. The caller tells the breaker of a
 * call that had a say: `run.breaker.succeeded()` or `failed(...)`.
 *
 * @param budget the operation's; `null` for events that no call waits for
 */
export function callHook(engine: Engine, run: HookRun, event: unknown, budget: OperationBudget | null): unknown {
  const startedMs = engine.stopwatch.nowMs();
  if (!mayCall(engine, run, startedMs, budget)) return NO_SAY;
  run.calls++;
  engine.loopWatch?.enter(run.plugin.watchId);
  let result: unknown;
  try {
    result = run.invoke(event, run.plugin.context);
  } catch (error) {
    return threw(engine, run, error);
  } finally {
    engine.loopWatch?.leave();
  }
  const endedMs = engine.stopwatch.nowMs();
  accountTurn(engine, run, endedMs - startedMs, endedMs);
  budget?.spend(endedMs - startedMs);
  if (isThenable(result)) return new Promise((resolve) => waitFor(engine, run, result, startedMs, budget, resolve));
  run.durations.record(endedMs - startedMs, endedMs);
  return result;
}

/** Whether `callHook` gave a promise. */
export function isPending(answer: unknown): answer is Promise<unknown> {
  return answer instanceof Promise;
}

/** Counts the finding and lets the breaker know. */
export function failed(engine: Engine, run: HookRun, kind: FindingKind, message: string): void {
  run.errors++;
  engine.findings.add(run.plugin.name, run.place, kind, message);
  if (run.breaker.failed(engine.stopwatch.nowMs()))
    engine.findings.add(run.plugin.name, run.place, 'breaker_opened', `the last failure: ${kind}, ${message}`);
}

function mayCall(engine: Engine, run: HookRun, nowMs: number, budget: OperationBudget | null): boolean {
  if (budget !== null && budget.leftMs <= 0) {
    run.skipped++;
    engine.findings.add(run.plugin.name, run.place, 'operation_budget', 'it was skipped');
    return false;
  }
  if (engine.unsettled.of(run.plugin.name) < unsettledPerPluginMax && run.breaker.admits(nowMs)) return true;
  run.skipped++;
  return false;
}

function threw(engine: Engine, run: HookRun, error: unknown): typeof NO_SAY {
  failed(engine, run, 'threw', messageOf(error));
  return NO_SAY;
}

/** The part of a call that held the event loop. It cannot be cut short, only be counted. */
export function accountTurn(engine: Engine, run: HookRun, tookMs: number, nowMs: number): void {
  if (tookMs > run.budgetMs) {
    run.overruns++;
    failed(engine, run, 'overran', `${tookMs.toFixed(1)} ms of ${run.budgetMs} ms`);
  }
  if (run.plugin.share.add(tookMs, nowMs, run.plugin.loopShareMax)) run.plugin.leaveAlone();
}

export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function';
}

/** Resolves with the promise's value, or with `NO_SAY` when it rejects or its time is up first. */
function waitFor(
  engine: Engine,
  run: HookRun,
  promise: PromiseLike<unknown>,
  startedMs: number,
  budget: OperationBudget | null,
  resolve: (value: unknown) => void,
): void {
  const { stopwatch, findings, unsettled } = engine;
  const waitMs = Math.max(0, Math.min(run.budgetMs - (stopwatch.nowMs() - startedMs), budget?.leftMs ?? run.budgetMs));
  const entry = unsettled.add(run.plugin.name, run.place, startedMs);
  const goOn = (value: unknown) => {
    budget?.waitEnds(stopwatch.nowMs());
    resolve(value);
  };
  budget?.waitBegins(stopwatch.nowMs());
  const cancelTimer = stopwatch.after(waitMs, () => {
    entry.givenUp = true;
    run.timeouts++;
    failed(engine, run, 'timed_out', `given up after ${waitMs.toFixed(1)} ms`);
    goOn(NO_SAY);
  });
  const settle = (value: () => unknown) => {
    entry.settled();
    const nowMs = stopwatch.nowMs();
    run.durations.record(nowMs - startedMs, nowMs);
    if (entry.givenUp)
      return findings.add(run.plugin.name, run.place, 'settled_late', `after ${(nowMs - startedMs).toFixed(1)} ms`);
    cancelTimer();
    goOn(value());
  };
  promise.then(
    (value) => settle(() => value),
    (error) => settle(() => threw(engine, run, error)),
  );
}
