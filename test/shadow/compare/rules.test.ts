import { describe, expect, test } from 'vitest';
import { compileRules } from '../../../shadow/compare/index.ts';
import type { CompareRule } from '../../../src/contract/wire.ts';
import { compareTexts, compareValues } from './observations.ts';

const rule = (at: string, as: CompareRule['as']): CompareRule => ({ at, as, reason: `${as} ${at}` });
const verdict = (primary: unknown, candidate: unknown, ...rules: CompareRule[]) =>
  compareValues(primary, candidate, { rules }).verdict;

describe('where a rule stands', () => {
  test('a pointer names one place', () => {
    expect(verdict({ a: { b: 1 } }, { a: { b: 2 } }, rule('/a/b', 'ignore'))).toBe('match');
    expect(verdict({ a: { c: 1 } }, { a: { c: 2 } }, rule('/a/b', 'ignore'))).toBe('mismatch');
  });

  test('* stands for any one key or index', () => {
    const rules = [rule('/*/at', 'ignore')];
    expect(verdict([{ at: 1 }, { at: 1 }], [{ at: 2 }, { at: 3 }], ...rules)).toBe('match');
    expect(verdict({ x: { at: 1 } }, { x: { at: 2 } }, ...rules)).toBe('match');
    expect(verdict({ x: { y: { at: 1 } } }, { x: { y: { at: 2 } } }, ...rules)).toBe('mismatch');
  });

  test('** stands for all below, not for the place itself', () => {
    const rules = [rule('/a/**', 'ignore')];
    expect(verdict({ a: { b: { c: [1] } } }, { a: { b: 5, d: 6 } }, ...rules)).toBe('match');
    expect(verdict({ a: { b: 1 } }, { a: 'text' }, ...rules)).toBe('mismatch');
  });

  test('** reaches every depth', () => {
    const rules = [rule('/a/**', 'number')];
    expect(verdict({ a: { b: [{ c: 1 }] } }, { a: { b: [{ c: 2 }] } }, ...rules)).toBe('match');
    expect(verdict({ a: { b: [{ c: 1 }] } }, { a: { b: [{ c: '2' }] } }, ...rules)).toBe('mismatch');
  });

  test('a literal, * and ** at one level all hold', () => {
    const rules = [rule('/a/x', 'ignore'), rule('/*/y', 'ignore'), rule('/a/z/**', 'ignore')];
    expect(verdict({ a: { x: 1, y: 1, z: { q: 1 } } }, { a: { x: 2, y: 2, z: { q: 2 } } }, ...rules)).toBe('match');
    expect(verdict({ b: { x: 1, y: 1 } }, { b: { x: 2, y: 2 } }, ...rules)).toBe('mismatch');
  });

  test('~1 and ~0 are / and ~', () => {
    expect(verdict({ 'a/b': { '~': 1 } }, { 'a/b': { '~': 2 } }, rule('/a~1b/~0', 'ignore'))).toBe('match');
  });

  test('an index names one element', () => {
    expect(verdict([1, 2], [9, 2], rule('/0', 'ignore'))).toBe('match');
    expect(verdict([1, 2], [1, 9], rule('/0', 'ignore'))).toBe('mismatch');
  });

  test('the empty pointer names the whole body', () => {
    expect(verdict({ a: 1 }, [2], rule('', 'ignore'))).toBe('match');
  });

  test.each(['a/b', '/a/~2', '/a/**/b'])('%j is refused with its place and what was expected', (at) => {
    expect(() => compileRules([rule(at, 'ignore')])).toThrow(`compare rule at ${JSON.stringify(at)}: expected `);
  });
});

describe('what a rule accepts', () => {
  test('ignore accepts a member that one side lacks', () => {
    expect(verdict({ a: 1, x: 1 }, { a: 1 }, rule('/x', 'ignore'))).toBe('match');
    expect(verdict([1], [1, 2], rule('/*', 'ignore'))).toBe('match');
  });

  test.each([
    ['2025-08-19T10:00:00Z', '2025-08-19T10:00:01.123456+00:00'],
    ['2025-08-19T10:00:00', '2025-08-19T10:00:00.5'],
    ['2025-08-19', '2024-02-29'],
    ['2025-08-19 10:00', '2025-08-19T11:00:00'],
    [1724080000, 1724080000.123],
    [1724080000123, 1724080000124],
  ])('time accepts %j and %j', (primary, candidate) => {
    expect(verdict({ at: primary }, { at: candidate }, rule('/at', 'time'))).toBe('match');
  });

  test.each([
    ['2025-08-19T10:00:00', '2025-08-19T10:00:00Z'],
    ['2025-08-19T10:00:00Z', '2025-08-19'],
    ['2025-08-19T10:00:00Z', '2025-13-19T10:00:00Z'],
    ['2025-08-19T10:00:00Z', '2025-02-30T10:00:00Z'],
    ['2025-08-19T10:00:00Z', 1724080000],
    ['2025-08-19T10:00:00Z', 'soon'],
    ['2025-08-19T10:00:00Z', null],
    [1724080000, 1724080000123],
    [1724080000, 3],
  ])('time does not accept %j and %j', (primary, candidate) => {
    expect(verdict({ at: primary }, { at: candidate }, rule('/at', 'time'))).toBe('mismatch');
  });

  test('id accepts two non-empty ids of one type', () => {
    const ids = (primary: unknown, candidate: unknown) =>
      verdict({ id: primary }, { id: candidate }, rule('/id', 'id'));
    expect(ids('agent-1', 'f47ac10b-58cc-4372-a567-0e02b2c3d479')).toBe('match');
    expect(ids(17, 23)).toBe('match');
    expect(ids('agent-1', '')).toBe('mismatch');
    expect(ids('agent-1', 'no such agent')).toBe('mismatch');
    expect(ids('17', 23)).toBe('mismatch');
    expect(ids('agent-1', null)).toBe('mismatch');
  });

  test('number accepts any two numbers and nothing else', () => {
    const rules = [rule('/n', 'number')];
    expect(verdict({ n: 1 }, { n: -2.5 }, ...rules)).toBe('match');
    expect(compareTexts('{"n":1}', '{"n":1e999}', { rules }).verdict).toBe('match');
    expect(verdict({ n: 1 }, { n: '1' }, ...rules)).toBe('mismatch');
  });

  test('known still compares, and explains what differs', () => {
    const rules = [rule('/state', 'known')];
    expect(verdict({ state: 'a' }, { state: 'a' }, ...rules)).toBe('match');
    const comparison = compareValues({ state: 'a' }, { state: 'b' }, { rules });
    expect(comparison.verdict).toBe('explained');
    expect(comparison.differences).toMatchObject([{ path: '/state', explainedBy: 'known /state' }]);
  });

  test('one unexplained difference beside a known one is a mismatch, and comes first', () => {
    const comparison = compareValues(
      { state: 'a', role: 'x' },
      { state: 'b', role: 'y' },
      { rules: [rule('/state', 'known')] },
    );
    expect(comparison.verdict).toBe('mismatch');
    expect(comparison.differences.map(({ path }) => path)).toEqual(['/role', '/state']);
  });

  test('rules only widen: what is equal stays equal under every rule', () => {
    for (const as of ['time', 'id', 'number'] as const)
      expect(verdict({ x: null }, { x: null }, rule('/x', as))).toBe('match');
  });

  test('a hundred thousand steps make no more states than the rules tell apart', () => {
    const { root } = compileRules([rule('/**', 'number'), rule('/a/*/b', 'time')]);
    let state = root;
    const seen = new Set([state]);
    for (let step = 0; step < 100_000; step += 1) {
      state = state.step(step % 3 === 0 ? 'a' : `k${step}`);
      seen.add(state);
    }
    expect(seen.size).toBeLessThan(10);
  });
});
