/** How numbers are written in reports. */

export function whole(count: number): string {
  return count.toLocaleString('en-US');
}

/** Two decimals, cut and not rounded: 99.999 % must not read as all. */
export function percent(fraction: number | null): string {
  if (fraction === null) return '-';
  const cut = Math.trunc(fraction * 10_000 + 1e-9) / 100;
  return fraction > 0 && cut === 0 ? '<0.01 %' : `${cut.toFixed(cut === 100 ? 0 : 2)} %`;
}

/** Three significant digits. */
export function milliseconds(ms: number | null): string {
  if (ms === null) return '-';
  if (ms >= 100) return whole(Math.round(ms));
  return ms.toFixed(ms >= 10 ? 1 : 2);
}

export function ratio(value: number | null): string {
  return value === null ? '-' : `${value.toFixed(2)}×`;
}

/** `2026-11-22 15:42:10 UTC` */
export function moment(epochMs: number): string {
  return `${new Date(epochMs).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];

/** A bar of `width` characters, filled to a fraction; full only at 1. */
export function bar(fraction: number, width: number): string {
  const eighths = Math.trunc(Math.min(1, Math.max(0, fraction)) * width * 8 + 1e-9);
  const filled = '█'.repeat(Math.trunc(eighths / 8)) + (EIGHTHS[eighths % 8] ?? '');
  return filled + '░'.repeat(width - filled.length);
}

const LEVELS = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/** One character a count; a space for none, so that a single call can be seen. */
export function sparkline(counts: readonly number[]): string {
  const highest = Math.max(1, ...counts);
  return counts
    .map((count) => (count === 0 ? ' ' : (LEVELS[Math.ceil((count / highest) * LEVELS.length) - 1] ?? ' ')))
    .join('');
}
