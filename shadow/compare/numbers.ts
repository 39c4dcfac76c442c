import { LongNumber } from './json.ts';

/** Decimals of up to this many digits survive a round trip through a double (DBL_DIG of IEEE 754 binary64). */
const DOUBLE_DIGITS = 15;
/** Powers of ten at which every decimal of `DOUBLE_DIGITS` digits is a normal double. */
const DOUBLE_POWER_MAX = 290;

/** Reads a number that is known to follow the grammar of RFC 8259 §6, without loss. */
export function exactNumber(text: string): number | LongNumber {
  if (text.length <= DOUBLE_DIGITS && !text.includes('e') && !text.includes('E')) return Number(text);
  const { negative, digits, power } = scientific(text);
  if (digits === '') return negative ? -0 : 0;
  const highest = power === null ? Number.POSITIVE_INFINITY : Math.abs(power + digits.length);
  if (digits.length <= DOUBLE_DIGITS && highest <= DOUBLE_POWER_MAX) return Number(text);
  // A power too large to calculate with is compared as it is written.
  return new LongNumber(text, power === null ? text.toLowerCase() : `${negative ? '-' : ''}${digits}e${power}`);
}

type Scientific = {
  readonly negative: boolean;
  /** Without leading and trailing zeros; empty for zero. */
  readonly digits: string;
  /** The value is digits × 10^power; `null`: too large a power to calculate with. */
  readonly power: number | null;
};

function scientific(text: string): Scientific {
  const exponentAt = text.search(/[eE]/);
  const mantissa = exponentAt === -1 ? text : text.slice(0, exponentAt);
  const negative = mantissa.startsWith('-');
  const [whole = '', fraction = ''] = (negative ? mantissa.slice(1) : mantissa).split('.');
  const all = whole + fraction;
  const first = firstNonZero(all);
  const end = lastNonZero(all) + 1;
  const exponent = exponentAt === -1 ? 0 : Number(text.slice(exponentAt + 1));
  const power = exponent - fraction.length + (all.length - end);
  return { negative, digits: all.slice(first, end), power: Number.isSafeInteger(exponent) ? power : null };
}

function firstNonZero(digits: string): number {
  let index = 0;
  while (index < digits.length && digits[index] === '0') index += 1;
  return index;
}

function lastNonZero(digits: string): number {
  let index = digits.length - 1;
  while (index >= 0 && digits[index] === '0') index -= 1;
  return index;
}
