import { ts } from 'ts-morph';
import { describe, expect, it } from 'vitest';
import { addedDiagnostic } from '../../../codemods/kernel/diagnostics.ts';

function says(...places: readonly (readonly [code: number, start: number, text?: string])[]): ts.Diagnostic[] {
  return places.map(([code, start, messageText = 'text']) => ({
    code,
    start,
    messageText,
    category: ts.DiagnosticCategory.Error,
    file: undefined,
    length: 1,
  }));
}

/** Ten characters become two, from 20 on. */
const EDITS = [{ start: 20, end: 30, text: 'ab' }];

describe('addedDiagnostic', () => {
  it('finds what is new, in words', () => {
    expect(addedDiagnostic(says([1, 5]), says([1, 5], [2, 9, 'no such name']), EDITS)).toBe('TS2: no such name');
    expect(addedDiagnostic(says([1, 5]), says([1, 5], [1, 6]), EDITS)).toBe('TS1: text');
    expect(addedDiagnostic(says([1, 5]), says([1, 5], [1, 5]), EDITS)).toBe('TS1: text');
  });

  it('follows what the edits moved', () => {
    expect(addedDiagnostic(says([1, 40]), says([1, 32]), EDITS)).toBeNull();
    expect(addedDiagnostic(says([1, 40]), says([1, 40]), EDITS)).toBe('TS1: text');
  });

  it('compares codes alone where an edit touches the place', () => {
    expect(addedDiagnostic(says([1, 24]), says([1, 21]), EDITS)).toBeNull();
    expect(addedDiagnostic(says([1, 30]), says([1, 20]), EDITS)).toBeNull();
    expect(addedDiagnostic(says([1, 24]), says([2, 21]), EDITS)).toBe('TS2: text');
  });

  it('does not mind other words, nor what is gone', () => {
    expect(addedDiagnostic(says([1, 5, 'A | B'], [2, 6]), says([1, 5, 'B | A']), EDITS)).toBeNull();
  });
});
