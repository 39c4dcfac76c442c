import { describe, expect, test } from 'vitest';
import { compareValues, lines, pairing } from './observations.ts';

const rows = (count: number) =>
  Array.from({ length: count }, (_, index) => ({ id: `row-${index}`, at: index, state: 'idle' }));

describe('arrays', () => {
  test('are compared by index', () => {
    expect(lines(compareValues([1, 2, 3], [1, 5, 3]))).toEqual(['value /*: 2 → 5']);
  });

  test('one element put in front of 3,000 is one difference', () => {
    const list = rows(3000);
    const comparison = compareValues({ list }, { list: [{ id: 'new' }, ...list] });
    expect(lines(comparison)).toEqual(['extra /list/*: absent → object of 1 member']);
    expect(comparison).toMatchObject({ differencesTotal: 1, differences: [{ at: '/list/0' }] });
  });

  test('one element taken out of 3,000 is one difference', () => {
    const list = rows(3000);
    const comparison = compareValues(list, list.toSpliced(1200, 1));
    expect(comparison).toMatchObject({ differencesTotal: 1, differences: [{ kind: 'missing', at: '/1200' }] });
  });

  test('3,000 reversed elements are one order difference', () => {
    const list = rows(3000);
    const comparison = compareValues(list, list.toReversed());
    expect(lines(comparison)).toEqual(['order : element at index 1 → the same element at index 2998']);
    expect(comparison.differencesTotal).toBe(1);
  });

  test('an insertion and changes elsewhere are told apart', () => {
    const list = rows(300);
    const changed = list.map((row, index) => (index === 100 || index === 200 ? { ...row, state: 'busy' } : row));
    const comparison = compareValues(list, [{ id: 'new' }, ...changed]);
    expect(lines(comparison)).toEqual(['value /*/state: "idle" → "busy"', 'extra /*: absent → object of 1 member']);
    expect(comparison.differencesTotal).toBe(3);
  });

  test('an element that moved and changed is found by the id it carries', () => {
    const list = rows(50);
    const moved = [{ ...list[40], state: 'busy' }, ...list.toSpliced(40, 1)];
    expect(lines(compareValues(list, moved))).toEqual([
      'order : element at index 40 → the same element at index 0',
      'value /*/state: "idle" → "busy"',
    ]);
  });

  test('an insertion in front of rows that all differ in one member shows the member', () => {
    const list = rows(200);
    const older = list.map((row) => ({ ...row, at: row.at + 1000 }));
    const comparison = compareValues(list, [{ id: 'new', at: 0, state: 'idle' }, ...older]);
    expect(comparison.differences.map(({ kind, path }) => `${kind} ${path}`)).toEqual(['value /*/at', 'extra /*']);
    expect(comparison.differencesTotal).toBe(201);
  });

  test('known differences do not keep an element from its partner', () => {
    const list = rows(200);
    const rules = [{ at: '/*/at', as: 'known', reason: 'clocks' }] as const;
    // No member names these rows: only the hash can bring them together.
    const bare = list.map(({ at }) => ({ at, text: `row ${at}` }));
    const older = bare.map((row) => ({ ...row, at: row.at + 1000 }));
    const comparison = compareValues(bare, older.toReversed(), { rules });
    expect(comparison.differences.map(({ kind, path }) => `${kind} ${path}`)).toEqual(['order ', 'value /*/at']);
  });

  test('twins in another order are one order difference', () => {
    const twins = pairing(['legacy-aaaaaaa1', 'v2-aaaaaaa1'], ['legacy-aaaaaaa2', 'v2-aaaaaaa2']);
    const primary = ['legacy-aaaaaaa1', 'legacy-aaaaaaa2'];
    expect(compareValues(primary, ['v2-aaaaaaa1', 'v2-aaaaaaa2'], { pairing: twins }).verdict).toBe('match');
    expect(compareValues(primary, ['v2-aaaaaaa2', 'v2-aaaaaaa1'], { pairing: twins }).differences).toMatchObject([
      { kind: 'order' },
    ]);
  });

  test('duplicates are counted', () => {
    expect(compareValues([1, 1, 2], [1, 2, 2]).verdict).toBe('mismatch');
    expect(lines(compareValues(['a', 'a'], ['a']))).toEqual(['missing /*: "a" → absent']);
  });

  test('3,000 differences of one signature are kept once and counted 3,000 times', () => {
    const list = rows(3000);
    const comparison = compareValues(
      list,
      list.map((row) => ({ ...row, state: 'busy' })),
    );
    expect(comparison.differences).toHaveLength(1);
    expect(comparison.differencesTotal).toBe(3000);
  });
});
