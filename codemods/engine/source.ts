/** Bytes to text and back, losing none. */
import { isUtf8 } from 'node:buffer';
import type { Source } from '../contract.ts';

const BYTE_ORDER_MARK = '\uFEFF';
const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** `null`: not UTF-8. */
export function decode(path: string, bytes: Uint8Array): Source | null {
  if (!isUtf8(bytes)) return null;
  const text = UTF8.decode(bytes);
  const hasByteOrderMark = text.startsWith(BYTE_ORDER_MARK);
  return { path, text: hasByteOrderMark ? text.slice(1) : text, hasByteOrderMark };
}

/** The file's whole text with `text` in the place of what was decoded. */
export function whole(source: Source, text: string): string {
  return source.hasByteOrderMark ? BYTE_ORDER_MARK + text : text;
}

/** The line ending of the line at `offset`; of the nearest line before it where that one has none. */
export function lineEnding(text: string, offset: number): '\n' | '\r\n' {
  const after = text.indexOf('\n', offset);
  const at = after === -1 ? text.lastIndexOf('\n') : after;
  return at > 0 && text[at - 1] === '\r' ? '\r\n' : '\n';
}

/** The blanks that the line at `offset` begins with. */
export function indentation(text: string, offset: number): string {
  const lineStart = text.lastIndexOf('\n', offset - 1) + 1;
  return /^[ \t]*/.exec(text.slice(lineStart, offset))?.[0] ?? '';
}
