import { isNumber, type Json, LongNumber } from './json.ts';

/**
 * How a timestamp is written. Two of one form may differ in value and in the digits of their fraction; a text
 * with a zone and one without are not of one form, because callers read them as different instants.
 */
export type TimeForm = 'date' | 'local' | 'zoned' | 'seconds' | 'milliseconds' | 'microseconds' | 'nanoseconds';

const ISO_CHARS_MAX = 40;
const ISO = /^(\d{4})-(\d\d)-(\d\d)(?:[Tt ](\d\d):(\d\d)(?::(\d\d)(?:[.,]\d{1,9})?)?([Zz]|[+-]\d\d(?::?\d\d)?)?)?$/;

/** The form of a timestamp (ISO 8601 text or an epoch number), or null: not a timestamp. */
export function timeForm(value: Json): TimeForm | null {
  if (typeof value === 'string') return isoForm(value);
  if (!isNumber(value)) return null;
  return epochForm(value instanceof LongNumber ? Number(value.text) : value);
}

function isoForm(text: string): TimeForm | null {
  const parts = text.length <= ISO_CHARS_MAX ? ISO.exec(text) : null;
  if (parts === null) return null;
  const [, year, month, day, hour, minute, second, zone] = parts;
  if (!isDate(Number(year), Number(month), Number(day))) return null;
  if (hour === undefined) return 'date';
  // A leap second is written :60 (RFC 3339 §5.6).
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second ?? 0) > 60) return null;
  return zone === undefined ? 'local' : 'zoned';
}

function isDate(year: number, month: number, day: number): boolean {
  const date = new Date(Date.UTC(year, month - 1, day));
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
}

/** By magnitude: 10^8 s is March 1973, and 10^11 s lies 3,000 years ahead. */
function epochForm(value: number): TimeForm | null {
  if (value < 1e8) return null;
  if (value < 1e11) return 'seconds';
  if (value < 1e14) return 'milliseconds';
  if (value < 1e17) return 'microseconds';
  return value < 1e20 ? 'nanoseconds' : null;
}
