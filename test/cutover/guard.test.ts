import { expect, it } from 'vitest';
import { failed } from '../../src/cutover/failed.ts';
import { CONSECUTIVE_FAILURES_MAX, GUARD_START, watch } from '../../src/cutover/guard.ts';

const feed = (outcomes: readonly boolean[]) => {
  let state = GUARD_START;
  return outcomes.map((v2Failed) => {
    const seen = watch(state, v2Failed);
    state = seen.state;
    return seen.finding.kind;
  });
};

it('the guard rolls back at the last of the consecutive failures and not before', () => {
  const findings = feed(Array.from({ length: CONSECUTIVE_FAILURES_MAX }, () => true));
  expect(findings).toEqual([...Array.from({ length: CONSECUTIVE_FAILURES_MAX - 1 }, () => 'none'), 'roll_back']);
});

it('one success starts the guard anew', () => {
  const almost = Array.from({ length: CONSECUTIVE_FAILURES_MAX - 1 }, () => true);
  expect(feed([...almost, false, ...almost])).not.toContain('roll_back');
});

it('a side fails by giving no whole answer or an unexpected 5xx', () => {
  const answer = (status: number) => ({ kind: 'answer', status, headers: [], body: null }) as const;
  const failure = (reason: 'reset' | 'aborted') => ({ kind: 'failure', reason, message: '' }) as const;
  expect(failed({}, answer(500))).toBe(true);
  expect(failed({}, answer(404))).toBe(false);
  expect(failed({ expects: [500] }, answer(500))).toBe(false);
  expect(failed({ expects: [500] }, answer(502))).toBe(true);
  expect(failed({}, failure('reset'))).toBe(true);
  expect(failed({}, failure('aborted'))).toBe(false);
});
