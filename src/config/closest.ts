/** Texts longer than this are not compared: nobody mistypes a name of that length. */
const LENGTH_MAX = 64;

/**
 * The candidate that `text` most probably meant, or `null`. It may be off by a third of its letters (a swap of
 * two neighbours is one mistake), differ in case, or be cut short.
 */
export function closest(text: string, candidates: Iterable<string>): string | null {
  if (text.length > LENGTH_MAX) return null;
  const wanted = text.toLowerCase();
  let best: { readonly candidate: string; readonly mistakes: number } | null = null;
  for (const candidate of candidates) {
    const mistakes = mistakesBetween(wanted, candidate.toLowerCase());
    if (mistakes <= mistakesMax(wanted, candidate) && (best === null || mistakes < best.mistakes))
      best = { candidate, mistakes };
  }
  return best?.candidate ?? null;
}

function mistakesMax(wanted: string, candidate: string): number {
  if (wanted.length >= 2 && candidate.toLowerCase().startsWith(wanted)) return candidate.length;
  return Math.floor(Math.max(wanted.length, candidate.length) / 3);
}

/** Optimal string alignment distance: insert, delete, replace, or swap two neighbours. */
function mistakesBetween(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const same = a[row - 1] === b[column - 1];
      const swapped = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      current[column] = Math.min(
        at(last, column) + 1,
        at(current, column - 1) + 1,
        at(last, column - 1) + (same ? 0 : 1),
        swapped ? at(beforeLast, column - 2) + 1 : Number.POSITIVE_INFINITY,
      );
    }
    [beforeLast, last] = [last, current];
  }
  return at(last, b.length);
}

function at(row: readonly number[], column: number): number {
  return row[column] ?? Number.POSITIVE_INFINITY;
}
