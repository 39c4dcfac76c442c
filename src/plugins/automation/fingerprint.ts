import { createHash } from 'node:crypto';

/** Characters of a message that are looked at. */
const MESSAGE_MAX = 500;

/** Each in one pass over a short text, with nothing to backtrack over. */
const CHANGING: readonly (readonly [RegExp, string])[] = [
  [/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/gi, '<id>'],
  [/"[^"]*"/g, '<text>'],
  [/'[^']*'/g, '<text>'],
  [/\b0x[0-9a-f]+\b/gi, '<n>'],
  [/\d+/g, '<n>'],
];

/** A message without what changes from one error of a kind to the next: ids, quoted texts, numbers. */
export function shapeOf(message: string): string {
  return CHANGING.reduce((text, [changing, put]) => text.replace(changing, put), message.slice(0, MESSAGE_MAX));
}

/** Short and the same for errors of one kind. */
export function fingerprintOf(code: string, shape: string): string {
  return createHash('sha256').update(`${code}\n${shape}`).digest('hex').slice(0, 12);
}
