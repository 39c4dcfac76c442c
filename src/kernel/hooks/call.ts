import type { Calls, Engine } from './engine.ts';
import { type FindingKind, messageOf } from './findings.ts';
import type { HookRun } from './hook-run.ts';
import type { Meter } from './meter.ts';
import { unsettledPerPluginMax } from './unsettled.ts';

/** The plugin had no say: it failed, or was not called. */
export const NO_SAY = Symbol('no say');

/**
 * Calls one plugin's function for one hook. Never throws: a throw, a timeout and an open breaker give
 * `NO_SAY`. Gives a native promise only when the plugin gives a promise. The caller tells the breaker of a
 * call that had a say: `run.breaker.succeeded()` or `failed(...)`.
 *
 * The meter's `readMs` must be fresh; where no call waits for the plugin, the meter has no end.
 */
export function callHook(calls: Calls, run: HookRun, event: unknown): unknown {
  const { engine, meter } = calls;
  const startedMs = meter.readMs;
  if (!mayCall(engine, run, startedMs, meter)) return NO_SAY;
  run.calls++;
  engine.loopWatch?.enter(run.plugin.watchId);
  let result: unknown;
  try {
    result = run.invoke(event, run.plugin.context);
  } catch (error) {
    result = threw(engine, run, error);
  }
  engine.loopWatch?.leave();
  const endedMs = engine.stopwatch.nowMs();
  meter.readMs = endedMs;
  meter.leftMs -= endedMs - startedMs;
  accountTurn(engine, run, endedMs - startedMs, endedMs);
  if (isThenable(result)) return new Promise((resolve) => waitFor(calls, run, result, startedMs, resolve));
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

function mayCall(engine: Engine, run: HookRun, nowMs: number, meter: Meter): boolean {
  if (meter.leftMs <= 0) {
    run.skipped++;
    operationSpent(engine, run, meter, 'it was skipped');
    return false;
  }
  if (run.plugin.pending < unsettledPerPluginMax && run.breaker.admits(nowMs)) return true;
  run.skipped++;
  return false;
}

/** `spent`: what others used up, where it is their fault. */
function givenUp(engine: Engine, run: HookRun, spent: Meter | null, message: string): void {
  run.timeouts++;
  if (spent === null) {
    failed(engine, run, 'timed_out', message);
    return;
  }
  operationSpent(engine, run, spent, message);
  run.breaker.undecided(engine.stopwatch.nowMs());
}

function operationSpent(engine: Engine, run: HookRun, meter: Meter, message: string): void {
  if (meter.noticeSpent()) engine.limitHit('operationMs');
  engine.findings.add(run.plugin.name, run.place, 'operation_budget', message);
}

function threw(engine: Engine, run: HookRun, error: unknown): typeof NO_SAY {
  failed(engine, run, 'threw', messageOf(error));
  return NO_SAY;
}

/**
 * The part of a call that held the event loop. It cannot be cut short, only be counted. That it took long is not held
 * against the hook, whose answer is used, and who held it may have been the machine: the share of the loop tells.
 */
export function accountTurn(engine: Engine, run: HookRun, tookMs: number, nowMs: number): void {
  if (tookMs > run.budgetMs) {
    run.overruns++;
    engine.findings.add(run.plugin.name, run.place, 'overran', `${tookMs.toFixed(1)} ms of ${run.budgetMs} ms`);
  }
  if (run.plugin.share.add(tookMs, nowMs, run.plugin.loopShareMax)) run.plugin.leaveAlone();
}

export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function';
}

/** Resolves with the promise's value, or with `NO_SAY` when it rejects or its time is up first. */
function waitFor(
  { engine, meter }: Calls,
  run: HookRun,
  promise: PromiseLike<unknown>,
  startedMs: number,
  resolve: (value: unknown) => void,
): void {
  const { stopwatch, findings, unsettled } = engine;
  const ownMs = run.budgetMs - (meter.readMs - startedMs);
  const waitMs = Math.max(0, Math.min(ownMs, meter.leftMs));
  // Most of the operation's time was gone before: not this plugin is to be left alone for it.
  const isOthersFault = meter.leftMs < ownMs && meter.leftMs < meter.budgetMs / 2;
  const entry = unsettled.add(run.plugin, run.place, startedMs);
  const goOn = (value: unknown) => {
    meter.waitEnds(stopwatch.nowMs());
    resolve(value);
  };
  meter.waitBegins(meter.readMs);
  const cancelTimer = stopwatch.after(waitMs, () => {
    entry.givenUp = true;
    givenUp(engine, run, isOthersFault ? meter : null, `given up after ${waitMs.toFixed(1)} ms`);
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
