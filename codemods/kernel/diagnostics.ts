/**
 * What the compiler says of a file after its edits and did not say before. Compared are codes and places, not words:
 * the order of types in a message depends on everything else in the program.
 */
import { ts } from 'ts-morph';
import type { Edit } from '../contract.ts';

/** The first one, in words, or `null`. */
export function addedDiagnostic(
  before: readonly ts.Diagnostic[],
  after: readonly ts.Diagnostic[],
  edits: readonly Edit[],
): string | null {
  const ordered = [...edits].sort((a, b) => a.start - b.start);
  const left = new Map<string, number>();
  for (const key of before.map((one) => keyOf(one, placeBefore(one.start ?? 0, ordered)))) {
    left.set(key, (left.get(key) ?? 0) + 1);
  }
  const added = after.find((one) => {
    const key = keyOf(one, placeAfter(one.start ?? 0, ordered));
    const count = left.get(key) ?? 0;
    left.set(key, count - 1);
    return count <= 0;
  });
  return added === undefined ? null : `TS${added.code}: ${ts.flattenDiagnosticMessageText(added.messageText, ' ')}`;
}

/** An offset in the text before the edits; `null` where an edit touches it. */
type Place = number | null;

/** What an edit touches may have moved with it, so only its code counts. */
function keyOf({ code }: ts.Diagnostic, place: Place): string {
  return place === null ? `${code}` : `${code}@${place}`;
}

function placeBefore(offset: number, edits: readonly Edit[]): Place {
  return edits.some(({ start, end }) => start <= offset && offset <= end) ? null : offset;
}

function placeAfter(offset: number, edits: readonly Edit[]): Place {
  let shift = 0;
  for (const { start, end, text } of edits) {
    if (offset < start + shift) break;
    if (offset <= start + shift + text.length) return null;
    shift += text.length - (end - start);
  }
  return offset - shift;
}
