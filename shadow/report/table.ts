import { displayWidth, shorten } from './width.ts';

export type Column = {
  readonly title: string;
  readonly align: 'left' | 'right';
  /** May be cut when the table is wider than it may be. */
  readonly shrinks?: boolean;
};

/** A cell, and how its text is coloured once it is padded. */
export type Cell = string | { readonly text: string; readonly paint: (text: string) => string };

const GAP = '  ';
const SHRUNK_WIDTH_MIN = 8;

/** Lines of aligned columns, `width` wide at most where columns may shrink. */
export function table(
  columns: readonly Column[],
  rows: readonly (readonly Cell[])[],
  options: { readonly width: number; readonly indent: string; readonly paintTitle: (text: string) => string },
): readonly string[] {
  const widths = columnWidths(columns, rows, options.width - options.indent.length);
  const titles = columns.map(({ title }) => ({ text: title, paint: options.paintTitle }));
  return [titles, ...rows].map((row) => {
    const cells = columns.map((column, index) => padded(row[index] ?? '', widths[index] ?? 0, column.align));
    return `${options.indent}${cells.join(GAP)}`.trimEnd();
  });
}

function columnWidths(
  columns: readonly Column[],
  rows: readonly (readonly Cell[])[],
  widthMax: number,
): readonly number[] {
  const widths = columns.map(({ title }, index) =>
    rows.reduce((widest, row) => Math.max(widest, displayWidth(textOf(row[index] ?? ''))), displayWidth(title)),
  );
  const total = () => widths.reduce((sum, width) => sum + width, GAP.length * (widths.length - 1));
  for (;;) {
    if (total() <= widthMax) return widths;
    const widest = columns.reduce((found, column, index) => {
      const isWider = (widths[index] ?? 0) > (found === -1 ? SHRUNK_WIDTH_MIN : (widths[found] ?? 0));
      return column.shrinks === true && isWider ? index : found;
    }, -1);
    if (widest === -1) return widths;
    widths[widest] = (widths[widest] ?? 0) - 1;
  }
}

function padded(cell: Cell, width: number, align: 'left' | 'right'): string {
  const text = shorten(textOf(cell), width);
  const space = ' '.repeat(Math.max(0, width - displayWidth(text)));
  const painted = typeof cell === 'string' || text === '' ? text : cell.paint(text);
  return align === 'right' ? space + painted : painted + space;
}

function textOf(cell: Cell): string {
  return typeof cell === 'string' ? cell : cell.text;
}
