import { expect, test } from 'vitest';
import type { Retry } from '../../src/contract/tasks.ts';
import { jitteredMs, retryPauseMs } from '../../src/kernel/retry.ts';

const RETRY: Retry = { attemptsMax: 4, pauseMs: 100, pauseMsMax: 350, finalCodes: ['bad_request'] };
const ERROR = { code: 'task_error', message: '', retryable: true };

test('the bound of the pause doubles with every failure up to its limit, and the pause is drawn below it', () => {
  const most = () => 0.999_999;
  expect([1, 2, 3].map((failures) => retryPauseMs(RETRY, failures, ERROR, most))).toEqual([100, 200, 350]);
  expect(retryPauseMs(RETRY, 1, ERROR, () => 0)).toBe(0);
  expect(retryPauseMs(RETRY, 2, ERROR, () => 0.5)).toBe(100);
});

test('there is no further attempt after the last, for a final code, or when the agent says so', () => {
  expect(retryPauseMs(RETRY, 4, ERROR, () => 0)).toBeNull();
  expect(retryPauseMs(RETRY, 1, { ...ERROR, code: 'bad_request' }, () => 0)).toBeNull();
  expect(retryPauseMs(RETRY, 1, { ...ERROR, retryable: false }, () => 0)).toBeNull();
});

test('a pause stays finite after very many failures', () => {
  expect(jitteredMs(100, 350, 5_000, () => 0.999_999)).toBe(350);
});
