/** What callers can see of the language that legacy is written in. */

/** `datetime.isoformat()` of a naive UTC time: no zone, six digits of fraction, none when it is zero. */
export function isoformat(epochMs: number): string {
  const [seconds, fraction] = new Date(epochMs).toISOString().slice(0, -1).split('.');
  return fraction === '000' ? `${seconds}` : `${seconds}.${fraction}000`;
}

/**
 * `round(value, 2)`: the nearest, and of two equally near the even one. Number.toFixed differs in ties alone, and
 * at two decimals a double is a tie only when it is an odd number of eighths.
 */
export function round2(value: number): number {
  if (Math.abs((value * 8) % 2) !== 1) return Number(value.toFixed(2));
  const floor = Math.floor(value * 100);
  return (floor + (floor % 2 === 0 ? 0 : 1)) / 100;
}

/** `type(value).__name__` of a JSON value. */
export function typeName(value: unknown): string {
  if (value === null) return 'NoneType';
  if (Array.isArray(value)) return 'list';
  if (typeof value === 'number') return Number.isInteger(value) ? 'int' : 'float';
  return TYPE_NAMES[typeof value] ?? 'object';
}

const TYPE_NAMES: Readonly<Record<string, string>> = { string: 'str', boolean: 'bool', object: 'dict' };

/** `repr(value)` of a JSON value; numbers as JavaScript prints them, for JSON.parse keeps no `1.0`. */
export function repr(value: unknown): string {
  switch (typeName(value)) {
    case 'str':
      return reprText(value as string);
    case 'NoneType':
      return 'None';
    case 'bool':
      return value ? 'True' : 'False';
    case 'list':
      return `[${(value as unknown[]).map(repr).join(', ')}]`;
    case 'dict':
      return `{${Object.entries(value as object)
        .map(([key, item]) => `${reprText(key)}: ${repr(item)}`)
        .join(', ')}}`;
    default:
      return String(value);
  }
}

const NAMED_ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** Backslash, controls and lone surrogates: what Python escapes, but for unassigned and invisible characters. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: controls are what it looks for.
const ESCAPED = /[\\\u0000-\u001f\u007f]|\p{Surrogate}/gu;

function reprText(text: string): string {
  const escaped = text.replace(ESCAPED, (character) => NAMED_ESCAPES[character] ?? hexEscape(character));
  if (!escaped.includes("'")) return `'${escaped}'`;
  return escaped.includes('"') ? `'${escaped.replaceAll("'", "\\'")}'` : `"${escaped}"`;
}

function hexEscape(character: string): string {
  const hex = character.charCodeAt(0).toString(16);
  return hex.length > 2 ? `\\u${hex}` : `\\x${hex.padStart(2, '0')}`;
}
