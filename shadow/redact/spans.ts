import { findCards } from './cards.ts';
import { findNamed } from './named.ts';
import type { SecretKind, Span } from './span.ts';

/** Everything in a text that looks secret, in order, without overlaps. Every finder is linear. */
export function findSecrets(text: string): readonly Span[] {
  const found = FINDERS.flatMap((find) => [...find(text)]).sort((a, b) => a.start - b.start || b.end - a.end);
  const merged: Span[] = [];
  for (const span of found) {
    const last = merged.at(-1);
    if (last === undefined || span.start >= last.end) merged.push(span);
    else if (span.end > last.end) merged[merged.length - 1] = { ...last, end: span.end, kind: 'secret' };
  }
  return merged;
}

const FINDERS: readonly ((text: string) => Iterable<Span>)[] = [
  findPrivateKeys,
  findJwts,
  findSchemes,
  findPrefixed,
  findUserinfo,
  findEmails,
  findCards,
  findNamed,
];

/** PEM blocks (RFC 7468); one that is cut off is secret up to the end. */
function* findPrivateKeys(text: string): Generator<Span> {
  let from = 0;
  for (const { index: start } of text.matchAll(/-----BEGIN [A-Z ]{0,40}PRIVATE KEY/g)) {
    if (start < from) continue;
    const end = text.indexOf('-----END', start);
    from = end === -1 ? text.length : end;
    yield { start, end: from, kind: 'secret' };
  }
}

/** `{"` in base64url is `eyJ`; dots stand between the parts (RFC 7519 §3). */
function* findJwts(text: string): Generator<Span> {
  for (const run of text.matchAll(/[A-Za-z0-9_.-]{12,}/g)) {
    const at = run[0].indexOf('eyJ');
    if (at !== -1 && run[0].includes('.', at))
      yield { start: run.index + at, end: run.index + run[0].length, kind: 'secret' };
  }
}

/** Credentials behind an authentication scheme (RFC 9110 §11.4). */
function* findSchemes(text: string): Generator<Span> {
  for (const match of text.matchAll(/\b(?:bearer|basic|negotiate) {1,4}([A-Za-z0-9._~+/=-]{6,})/gi)) {
    const credentials = match[1] ?? '';
    const end = match.index + match[0].length;
    yield { start: end - credentials.length, end, kind: 'secret' };
  }
}

/** Tokens that name their issuer, so that scanners find them. */
const PREFIXED =
  /(?<![A-Za-z0-9])(?:sk-|sk_live_|sk_test_|rk_live_|gh[opsur]_|github_pat_|glpat-|xox[abeoprs]-|AKIA|ASIA|AIza|ya29\.|npm_|SG\.|hf_|dop_v1_)[A-Za-z0-9_.-]{12,}/g;

function* findPrefixed(text: string): Generator<Span> {
  for (const match of text.matchAll(PREFIXED)) yield spanOf(match, 'secret');
}

/** `://user:password@`. Bounded, because a text may hold many `://`. */
function* findUserinfo(text: string): Generator<Span> {
  for (const match of text.matchAll(/:\/\/[^\s/?#@"']{1,256}@/g)) {
    yield { start: match.index + 3, end: match.index + match[0].length - 1, kind: 'secret' };
  }
}

const LOCAL_CHARS_MAX = 128;
const DOMAIN_CHARS_MAX = 255;
const LOCAL_END = /[A-Za-z0-9._%+'\-\u0080-\uffff]+$/;
const DOMAIN_START = /^[A-Za-z0-9\u0080-\uffff-]+(?:\.[A-Za-z0-9\u0080-\uffff-]+)+/;

/** Looked for from each `@` (or `%40`), a bounded way in both directions. */
function* findEmails(text: string): Generator<Span> {
  for (const at of text.matchAll(/@|%40/g)) {
    const after = at.index + at[0].length;
    const domain = DOMAIN_START.exec(text.slice(after, after + DOMAIN_CHARS_MAX));
    if (domain === null) continue;
    const local = lastRun(text.slice(Math.max(0, at.index - LOCAL_CHARS_MAX), at.index));
    if (local !== '') yield { start: at.index - local.length, end: after + domain[0].length, kind: 'email' };
  }
}

/** `LOCAL_END` alone would be tried from every character on. */
function lastRun(text: string): string {
  let start = text.length;
  while (start > 0 && LOCAL_END.test(text.charAt(start - 1))) start -= 1;
  return text.slice(start);
}

function spanOf(match: RegExpExecArray, kind: SecretKind): Span {
  return { start: match.index, end: match.index + match[0].length, kind };
}
