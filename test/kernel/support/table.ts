/** Draws a table of `rows` x `columns` for comparing with one written by hand: widths do not matter. */
export function drawTable(
  rows: readonly string[],
  columns: readonly string[],
  cell: (row: number, column: number) => string,
): string[][] {
  return [['', ...columns], ...rows.map((name, row) => [name, ...columns.map((_, column) => cell(row, column))])];
}

/** Reads a table drawn by hand: the first line has one cell less, and `-` stands for "no". */
export function readTable(text: string): string[][] {
  const lines = text.trim().split('\n');
  return lines.map((line, index) => [...(index === 0 ? [''] : []), ...line.trim().split(/\s+/)]);
}
