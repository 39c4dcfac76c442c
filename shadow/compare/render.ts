import { type Json, JsonArray, LongNumber } from './json.ts';

/** Characters of a text that are shown. */
const CHARS_MAX = 120;

/** Short renderings of two values, for people. */
export function renderPair(primary: Json, candidate: Json): readonly [string, string] {
  if (typeof primary !== 'string' || typeof candidate !== 'string') return [render(primary), render(candidate)];
  const from = firstDifference(primary, candidate);
  return [renderText(primary, from), renderText(candidate, from)];
}

/** Objects and arrays are named, not shown: what they hold may be long, or secret. */
export function render(value: Json): string {
  if (value === null || typeof value === 'boolean') return String(value);
  if (typeof value === 'string') return renderText(value, 0);
  if (typeof value === 'number') return Object.is(value, -0) ? '-0' : String(value);
  if (value instanceof LongNumber)
    return value.text.length <= CHARS_MAX ? value.text : `number of ${count(value.text.length, 'character')}`;
  if (value instanceof JsonArray) return `array of ${count(value.items.length, 'element')}`;
  return `object of ${count(value.keys.length, 'member')}`;
}

/** `1,234 bytes`, `1 byte`. */
export function count(amount: number, noun: string): string {
  return `${amount.toLocaleString('en-US')} ${noun}${amount === 1 ? '' : 's'}`;
}

function renderText(text: string, differsFrom: number): string {
  if (text.length <= CHARS_MAX) return JSON.stringify(text);
  const start = beginning(text);
  const where = differsFrom > start.length ? `, different from character ${differsFrom + 1} on` : '';
  return `${JSON.stringify(`${start}…`)} (of ${count(text.length, 'character')}${where})`;
}

/**
 * The first words of a long text. A word cut in two is left out, and digits at the cut too: a redactor knows
 * whole secrets, and the names that stand before them, so it must be shown no part of one.
 */
function beginning(text: string): string {
  let end = CHARS_MAX;
  while (end > 0 && !/\s/.test(text.charAt(end - 1))) end -= 1;
  while (end > 0 && /[\s\d-]/.test(text.charAt(end - 1))) end -= 1;
  return text.slice(0, end);
}

function firstDifference(a: string, b: string): number {
  const end = Math.min(a.length, b.length);
  let index = 0;
  while (index < end && a.charCodeAt(index) === b.charCodeAt(index)) index += 1;
  return index;
}
