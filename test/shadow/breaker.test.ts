import { expect, it } from 'vitest';
import { Breaker } from '../../shadow/breaker.ts';

it('the breaker opens after five failures in a row, lets one call try after a second, and closes when it succeeds', () => {
  let nowMs = 0;
  const breaker = new Breaker(() => nowMs);
  for (let n = 0; n < 4; n += 1) breaker.failed();
  breaker.succeeded();
  for (let n = 0; n < 4; n += 1) breaker.failed();
  expect(breaker.admits()).toBe(true);
  breaker.failed();
  expect(breaker.admits()).toBe(false);
  nowMs = 1000;
  expect([breaker.admits(), breaker.admits()]).toEqual([true, false]);
  breaker.failed();
  expect(breaker.admits()).toBe(false);
  nowMs = 2000;
  expect(breaker.admits()).toBe(true);
  breaker.succeeded();
  expect([breaker.admits(), breaker.admits()]).toEqual([true, true]);
});
