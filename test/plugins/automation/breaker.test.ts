import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  admits,
  afterEnding,
  at,
  type BreakerState,
  CLOSED,
  type Ending,
  retryAfterMs,
} from '../../../src/plugins/automation/breaker.ts';
import { automationConfig } from '../../../src/plugins/automation/config.ts';

const rules = automationConfig.parse({}).breaker;

/** Endings one second apart: `x` failed, `.` succeeded. */
function stateAfter(endings: string, from: BreakerState = CLOSED): BreakerState {
  const all: Ending[] = [];
  return [...endings].reduce((state, mark, i) => {
    const ending = { atMs: i * 1_000, ok: mark === '.' };
    all.push(ending);
    return afterEnding(at(state, ending.atMs, rules), ending, all, rules);
  }, from);
}

describe('a circuit breaker', () => {
  it('has the real thresholds by default', () => {
    expect(rules).toMatchObject({
      consecutiveFailures: 5,
      failureRate: 0.3,
      windowMs: 300_000,
      recoveryMs: 60_000,
      testMs: 30_000,
    });
  });

  it('opens at five failures in a row, and not at four', () => {
    expect(stateAfter('xxxx')).toEqual({ kind: 'closed', failuresInARow: 4 });
    expect(stateAfter('xxxxx')).toEqual({ kind: 'open', untilMs: 64_000, why: '5 failures in a row' });
    expect(stateAfter('xxxx.xxxx').kind).toBe('closed');
  });

  it('opens at three failures in ten, once there are twenty calls', () => {
    expect(stateAfter('xx....x...x...xx...').kind).toBe('closed');
    expect(stateAfter('xx....x...x...xx...x')).toMatchObject({ kind: 'open', why: '7 of 20 failed' });
    expect(stateAfter('x.........x.........x').kind).toBe('closed');
  });

  it('lets one trial through when its time is up; the end of it decides', () => {
    const open = stateAfter('xxxxx');
    expect([admits(at(open, 63_999, rules)), admits(at(open, 64_000, rules))]).toEqual([false, true]);
    const trial: BreakerState = { kind: 'half_open', trial: { taskId: 't', sinceMs: 64_000 } };
    expect(admits(at(trial, 65_000, rules))).toBe(false);
    expect(afterEnding(trial, { atMs: 70_000, ok: true }, [], rules)).toEqual(CLOSED);
    expect(afterEnding(trial, { atMs: 70_000, ok: false }, [], rules)).toEqual({
      kind: 'open',
      untilMs: 130_000,
      why: 'the trial failed',
    });
  });

  it('allows another trial when the first tells nothing for half a minute', () => {
    const trial: BreakerState = { kind: 'half_open', trial: { taskId: 't', sinceMs: 0 } };
    expect([admits(at(trial, 29_999, rules)), admits(at(trial, 30_000, rules))]).toEqual([false, true]);
    expect([retryAfterMs(trial, 10_000, rules), retryAfterMs(stateAfter('xxxxx'), 4_000, rules)]).toEqual([
      20_000, 60_000,
    ]);
  });

  it('does not mind the end of work that was given out before it opened', () => {
    const open = stateAfter('xxxxx');
    expect(afterEnding(open, { atMs: 5_000, ok: true }, [], rules)).toBe(open);
    expect(afterEnding(open, { atMs: 5_000, ok: false }, [], rules)).toBe(open);
  });

  it('is never open for ever: whatever happened, it admits a trial in the end', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('x', '.'), maxLength: 60 }), (endings) => {
        expect(admits(at(stateAfter(endings), 60_000 + 60_000, rules))).toBe(true);
      }),
    );
  });
});
