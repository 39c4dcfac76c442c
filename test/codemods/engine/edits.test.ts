import { describe, expect, it } from 'vitest';
import { splice } from '../../../codemods/engine/edits.ts';

describe('splice', () => {
  it('applies edits by their place, in whatever order they are given', () => {
    const edits = [
      { start: 8, end: 11, text: 'new' },
      { start: 0, end: 3, text: 'An' },
    ];
    expect(splice('The one old word', edits)).toBe('An one new word');
  });

  it('keeps the order of insertions at one place, and puts them before what is replaced there', () => {
    const edits = [
      { start: 1, end: 1, text: '1' },
      { start: 1, end: 2, text: 'B' },
      { start: 1, end: 1, text: '2' },
    ];
    expect(splice('abc', edits)).toBe('a12Bc');
  });

  it('refuses edits that overlap', () => {
    const edits = [
      { start: 0, end: 2, text: '' },
      { start: 1, end: 3, text: '' },
    ];
    expect(() => splice('abc', edits)).toThrow(RangeError);
    expect(() => splice('abc', [{ start: 2, end: 4, text: '' }])).toThrow(RangeError);
  });
});
