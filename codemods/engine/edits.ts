import type { Edit } from '../contract.ts';

/**
 * Applies all edits in one pass. Edits at the same offset keep their order.
 * @throws {RangeError} when two edits overlap: their author did not mean either result
 */
export function splice(text: string, edits: readonly Edit[]): string {
  const ordered = [...edits].sort((a, b) => a.start - b.start || a.end - b.end);
  const parts: string[] = [];
  let copiedTo = 0;
  for (const { start, end, text: replacement } of ordered) {
    if (start < copiedTo || end < start || end > text.length) {
      throw new RangeError(`Edits overlap at ${start}..${end}, after ${copiedTo}`);
    }
    parts.push(text.slice(copiedTo, start), replacement);
    copiedTo = end;
  }
  parts.push(text.slice(copiedTo));
  return parts.join('');
}
