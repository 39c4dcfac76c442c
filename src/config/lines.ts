/** Line and column, from 1; columns in UTF-16 code units, as editors count them. */
export type Position = { readonly line: number; readonly column: number };

/**
 * Turns offsets of a text into lines and columns. The parser's LineCounter (yaml 2.9.1) will not do: it misses the
 * line ends of an unclosed quoted text that stands where none may.
 */
export function positionsIn(text: string): (offset: number) => Position {
  const starts = [0];
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return (offset) => {
    const line = lastAtMost(starts, Math.min(offset, text.length));
    return { line: line + 1, column: Math.min(offset, text.length) - (starts[line] ?? 0) + 1 };
  };
}

/** The index of the last of the ascending numbers that is at most `wanted`; the first is. */
function lastAtMost(numbers: readonly number[], wanted: number): number {
  let low = 0;
  let high = numbers.length - 1;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((numbers[middle] ?? 0) <= wanted) low = middle;
    else high = middle - 1;
  }
  return low;
}
