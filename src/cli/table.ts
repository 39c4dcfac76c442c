/** Lines of aligned columns; numbers are written by the caller. `right` names the columns that align right. */
export function table(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  right: readonly number[] = [],
): string {
  const all = [header, ...rows];
  const widths = header.map((_, column) => Math.max(...all.map((row) => visibleLength(row[column] ?? ''))));
  return all
    .map((row) =>
      row
        .map((cell, column) => pad(cell, widths[column] ?? 0, right.includes(column)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

function pad(cell: string, width: number, right: boolean): string {
  const space = ' '.repeat(Math.max(0, width - visibleLength(cell)));
  return right ? space + cell : cell + space;
}

/** Without the escape sequences that picocolors writes. */
function visibleLength(text: string): number {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what an escape sequence starts with
  return text.replace(/\u001b\[\d+m/g, '').length;
}
