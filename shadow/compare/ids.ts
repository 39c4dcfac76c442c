/** Which ids of the two sides mean one entity. Asked for every text that differs, so it must be quick. */
export type Pairing = {
  /** The primary's id of the entity that the candidate knows by this id; undefined: not a twin's id. */
  readonly toPrimary: (candidateId: string) => string | undefined;
};

/** Longer texts are not looked up. */
const ID_CHARS_MAX = 256;
/** Shorter ids are recognised only where they are the whole value: `42` may also be an amount. */
const EMBEDDED_ID_MIN = 8;

/** Whether two texts are equal when twins count as equal: as a whole, or token by token. Linear in their lengths. */
export function sameText(primary: string, candidate: string, pairing: Pairing): boolean {
  if (primary === candidate) return true;
  const both = primary.length <= ID_CHARS_MAX && candidate.length <= ID_CHARS_MAX;
  if (both && pairing.toPrimary(candidate) === primary) return true;
  return sameTokens(primary, candidate, pairing);
}

/** Both texts are cut in the same way, so that the answer does not depend on which side is the primary. */
function sameTokens(primary: string, candidate: string, pairing: Pairing): boolean {
  let primaryAt = 0;
  let candidateAt = 0;
  while (primaryAt < primary.length && candidateAt < candidate.length) {
    const primaryEnd = tokenEnd(primary, primaryAt);
    const candidateEnd = tokenEnd(candidate, candidateAt);
    const primaryToken = primary.slice(primaryAt, primaryEnd);
    const candidateToken = candidate.slice(candidateAt, candidateEnd);
    if (primaryToken !== candidateToken && !areTwins(primaryToken, candidateToken, pairing)) return false;
    primaryAt = primaryEnd;
    candidateAt = candidateEnd;
  }
  return primaryAt === primary.length && candidateAt === candidate.length;
}

function areTwins(primary: string, candidate: string, pairing: Pairing): boolean {
  return isEmbeddable(primary) && isEmbeddable(candidate) && pairing.toPrimary(candidate) === primary;
}

function isEmbeddable(token: string): boolean {
  return token.length >= EMBEDDED_ID_MIN && token.length <= ID_CHARS_MAX;
}

/** The end of the run of token characters at `at`, or of the one other character there. */
function tokenEnd(text: string, at: number): number {
  let end = at;
  while (end < text.length && isTokenCode(text.charCodeAt(end))) end += 1;
  return end === at ? at + 1 : end;
}

function isTokenCode(code: number): boolean {
  const isDigit = code >= 0x30 && code <= 0x39;
  const isLetter = (code >= 0x41 && code <= 0x5a) || (code >= 0x61 && code <= 0x7a);
  return isDigit || isLetter || code === 0x2d || code === 0x5f;
}

/** A candidate's text as the primary would have written it. */
export function asPrimary(candidate: string, pairing: Pairing): string {
  const whole = candidate.length <= ID_CHARS_MAX ? pairing.toPrimary(candidate) : undefined;
  if (whole !== undefined) return whole;
  if (candidate.length < EMBEDDED_ID_MIN) return candidate;
  return candidate.replace(/[A-Za-z0-9_-]{8,}/g, (token) =>
    token.length > ID_CHARS_MAX ? token : (pairing.toPrimary(token) ?? token),
  );
}

/** Ids may be numbers: 17 and 23 are equal when "23" is the twin of "17". */
export function sameNumericId(primary: number, candidate: number, pairing: Pairing): boolean {
  if (!Number.isSafeInteger(primary) || !Number.isSafeInteger(candidate)) return false;
  return pairing.toPrimary(String(candidate)) === String(primary);
}
