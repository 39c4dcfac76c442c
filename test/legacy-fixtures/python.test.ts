import { describe, expect, it } from 'vitest';
import * as legacy from '../../legacy-fixtures/simple_orchestrator/python.ts';

describe('what shows that legacy is written in Python', () => {
  it('rounds to two decimals with ties to even', () => {
    // Printed by Python 3.11: round(x, 2).
    const printed = [
      [0.125, 0.12],
      [0.375, 0.38],
      [0.625, 0.62],
      [2.675, 2.67],
      [1.005, 1.0],
      [7, 7],
      [1 / 3, 0.33],
    ] as const;
    for (const [value, rounded] of printed) expect(legacy.pythonRound2(value)).toBe(rounded);
  });

  it('leaves the fraction of a whole second out', () => {
    expect(legacy.pythonIsoformat(1_755_598_272_000_000)).toBe('2025-08-19T10:11:12');
    expect(legacy.pythonIsoformat(1_755_598_272_000_042)).toBe('2025-08-19T10:11:12.000042');
  });

  it('quotes a value as repr() does', () => {
    // Printed by Python 3.11: repr(x).
    const printed: readonly (readonly [unknown, string])[] = [
      ['x', "'x'"],
      ["it's", `"it's"`],
      [`both ' and "`, `'both \\' and "'`],
      ['a\\\n\t\r\x00\x7fé😀', "'a\\\\\\n\\t\\r\\x00\\x7fé😀'"],
      ['\ud800', "'\\ud800'"],
      [null, 'None'],
      [true, 'True'],
      [5, '5'],
      [1.5, '1.5'],
      [["a'b", 1, false, { x: null }], `["a'b", 1, False, {'x': None}]`],
    ];
    for (const [value, text] of printed) expect(legacy.pythonRepr(value)).toBe(text);
  });

  it('names types as Python does', () => {
    const values = [null, 'x', true, 1, 1.5, [], {}];
    expect(values.map(legacy.pythonTypeName)).toEqual(['NoneType', 'str', 'bool', 'int', 'float', 'list', 'dict']);
  });
});
