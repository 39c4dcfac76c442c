import { describe, expect, test } from 'vitest';
import { compareTexts, compareValues, lines, pairing } from './observations.ts';

const LEGACY = 'agent_3f9c01ab';
const V2 = '018f3a5c-7b1e-8abc-8123-0123456789ab';
const twins = pairing([LEGACY, V2], ['task-1', 'task-9'], ['17', '23'], ['12', '17']);
const verdict = (primary: unknown, candidate: unknown) => compareValues(primary, candidate, { pairing: twins }).verdict;

describe('ids of twins', () => {
  test('are equal as whole values, however short', () => {
    expect(verdict({ agent: LEGACY, task: 'task-1' }, { agent: V2, task: 'task-9' })).toBe('match');
    expect(verdict({ id: 17 }, { id: 23 })).toBe('match');
    expect(verdict({ id: '17' }, { id: '23' })).toBe('match');
  });

  test('are not equal the wrong way round, nor to another entity', () => {
    expect(verdict({ agent: V2 }, { agent: LEGACY })).toBe('mismatch');
    expect(verdict({ agent: 'agent_00000000' }, { agent: V2 })).toBe('mismatch');
    expect(verdict({ id: 23 }, { id: 17 })).toBe('mismatch');
  });

  test('are equal inside longer texts', () => {
    expect(verdict(`agent ${LEGACY} (${LEGACY}) is idle`, `agent ${V2} (${V2}) is idle`)).toBe('match');
    expect(verdict(`/agents/${LEGACY}/tasks?x=1`, `/agents/${V2}/tasks?x=1`)).toBe('match');
    expect(verdict(`agent ${LEGACY} is idle`, `agent ${V2} is busy`)).toBe('mismatch');
    expect(verdict(`agent ${LEGACY}`, `agent ${V2} `)).toBe('mismatch');
  });

  test('inside longer texts only whole tokens of eight characters and more are ids', () => {
    expect(verdict('see task-1', 'see task-9')).toBe('mismatch');
    expect(verdict(`x${LEGACY}`, `x${V2}`)).toBe('mismatch');
  });

  test('name members of objects', () => {
    const comparison = compareValues(
      { details: { [LEGACY]: { state: 'idle' }, other: 1 } },
      { details: { other: 1, [V2]: { state: 'busy' } } },
      { pairing: twins },
    );
    expect(lines(comparison)).toEqual(['value /details/*/state: "idle" → "busy"']);
    expect(comparison.differences[0]?.at).toBe(`/details/${LEGACY}/state`);
  });

  test('keep their meaning where both sides count 1, 2, 3', () => {
    expect(verdict({ '12': 'a', '17': 'b' }, { '17': 'a', '23': 'b' })).toBe('match');
    expect(compareTexts('{"17":"b","12":"a"}', '{"17":"a","23":"b"}', { pairing: twins }).verdict).toBe('match');
    expect(compareTexts('{"17":"b"}', '{"17":"b"}', { pairing: twins }).verdict).toBe('match');
  });
});

describe('the signature of a difference', () => {
  const path = (primary: unknown, candidate: unknown) =>
    compareValues(primary, candidate, { pairing: twins }).differences[0]?.path;

  test.each([
    ['an index', [[1]], [[2]], '/*/*'],
    ['a uuid', { '018f3a5c-7b1e-8abc-8123-0123456789ab': 1 }, { '018f3a5c-7b1e-8abc-8123-0123456789ab': 2 }, '/*'],
    ['a key that starts with a digit', { '2025-08-19': 1 }, { '2025-08-19': 2 }, '/*'],
    ['a key with hex digits', { task_deadbee5: 1 }, { task_deadbee5: 2 }, '/*'],
    ['an address', { 'ann@example.com': 1 }, { 'ann@example.com': 2 }, '/*'],
    ['a key of more than 100 characters', { ['k'.repeat(101)]: 1 }, { ['k'.repeat(101)]: 2 }, '/*'],
    ['a plain key', { defaced_value: 1 }, { defaced_value: 2 }, '/defaced_value'],
    ['a key with / and ~', { 'a/b~c': 1 }, { 'a/b~c': 2 }, '/a~1b~0c'],
  ])('of %s', (_, primary, candidate, expected) => {
    expect(path(primary, candidate)).toBe(expected);
  });

  test('of a member among more than fifty', () => {
    const table = Object.fromEntries(
      Array.from({ length: 51 }, (_, index) => [`k${String.fromCharCode(65 + index)}`, 1]),
    );
    expect(path(table, { ...table, kA: 2 })).toBe('/*');
  });

  test('of a place deeper than 32 levels is cut', () => {
    const nest = (leaf: unknown) => Array.from({ length: 40 }).reduce((inner) => ({ a: inner }), leaf);
    expect(path(nest(1), nest(2))).toBe(`${'/a'.repeat(32)}/**`);
  });
});
