import type { Span } from './span.ts';

/** ISO/IEC 7812-1: a primary account number has up to 19 digits; the networks issue 13 and more. */
const DIGITS_MIN = 13;
const DIGITS_MAX = 19;
/** Groups that people write a card number in have at least three digits. */
const GROUP_DIGITS_MIN = 3;

/** Card numbers, plain or in groups with single spaces or dashes. Linear. */
export function findCards(text: string): readonly Span[] {
  const spans: Span[] = [];
  for (const run of text.matchAll(/\d(?:[ -]?\d)*/g)) {
    if (run[0].length < DIGITS_MIN) continue;
    const groups = [...run[0].matchAll(/\d+/g)].map((group) => ({ at: run.index + group.index, digits: group[0] }));
    for (let first = 0; first < groups.length; ) {
      const last = cardEnd(groups, first);
      const [from, to] = [groups[first], groups[last]];
      if (from !== undefined && to !== undefined) {
        spans.push({ start: from.at, end: to.at + to.digits.length, kind: 'card' });
      }
      first = Math.max(first, last) + 1;
    }
  }
  return spans;
}

type Group = { readonly at: number; readonly digits: string };

/** The last group of the longest card number that starts with group `first`; -1: none does. */
function cardEnd(groups: readonly Group[], first: number): number {
  let digits = '';
  let end = -1;
  for (let index = first; index < groups.length; index += 1) {
    const group = groups[index]?.digits ?? '';
    if (group.length < GROUP_DIGITS_MIN) break;
    digits += group;
    if (digits.length > DIGITS_MAX) break;
    if (digits.length >= DIGITS_MIN && isCard(digits)) end = index;
  }
  return end;
}

/** First digits 2 to 6 are those of the payment networks; the last is the check digit (Luhn, ISO/IEC 7812-1 annex B). */
function isCard(digits: string): boolean {
  if (!/^[2-6]/.test(digits)) return false;
  let sum = 0;
  for (let fromEnd = 0; fromEnd < digits.length; fromEnd += 1) {
    const digit = digits.charCodeAt(digits.length - 1 - fromEnd) - 0x30;
    const doubled = digit * 2 > 9 ? digit * 2 - 9 : digit * 2;
    sum += fromEnd % 2 === 1 ? doubled : digit;
  }
  return sum % 10 === 0;
}
