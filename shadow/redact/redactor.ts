import { createHmac } from 'node:crypto';
import type { RawHeaders } from '../../src/contract/calls.ts';
import { contentKind, mediaType } from '../compare/content.ts';
import { contentEncodings } from '../compare/decode.ts';
import { Budget, COMPARE_LIMITS, GiveUp } from '../compare/limits.ts';
import { parseJson } from '../compare/parse.ts';
import { type Conceal, printRedacted } from './json.ts';
import { nameSays } from './names.ts';
import type { SecretKind } from './span.ts';
import { findSecrets } from './spans.ts';

/**
 * Takes secrets out of what is stored or shown: by the names they stand under (passwords, tokens, cookies...)
 * and by how they look (e-mail addresses, card numbers, JWTs...). A secret becomes `[email:3fa94c21d0]`, a
 * keyed digest: equal secrets stay equal, and cannot be looked up without the key.
 */
export type Redactor = {
  readonly text: (text: string) => string;
  readonly headers: (headers: RawHeaders) => RawHeaders;
  /** Path and query. Parts that hold a secret come back decoded. */
  readonly target: (target: string) => string;
  /** A body as text; binary bodies are described, not shown. */
  readonly body: (body: Uint8Array, headers: RawHeaders) => string;
  /** A value as `compare` rendered it; `at` is the pointer to it. */
  readonly rendering: (rendering: string, at: string) => string;
};

/** `key`: at least 16 bytes that stay on this machine. */
export function createRedactor(key: Uint8Array): Redactor {
  const digest = (kind: SecretKind, value: string): string =>
    `[${kind}:${createHmac('sha256', key).update(value).digest('hex').slice(0, 10)}]`;
  const secret = (value: string): string => (value === '' ? '' : digest('secret', value));
  const text = (value: string): string => replaceSecrets(value, digest);
  const conceal = { text, secret };
  return {
    text,
    headers: (headers) => redactHeaders(headers, conceal),
    target: (target) => redactTarget(target, conceal),
    body: (body, headers) => redactBody(body, headers, conceal),
    rendering: (rendering, at) => redactRendering(rendering, at, conceal),
  };
}

function replaceSecrets(text: string, digest: (kind: SecretKind, value: string) => string): string {
  const pieces: string[] = [];
  let from = 0;
  for (const { start, end, kind } of findSecrets(text)) {
    pieces.push(text.slice(from, start), digest(kind, text.slice(start, end)));
    from = end;
  }
  return from === 0 ? text : pieces.join('') + text.slice(from);
}

function redactHeaders(headers: RawHeaders, conceal: Conceal): RawHeaders {
  return headers.map((part, index) => {
    if (index % 2 === 0) return conceal.text(part);
    return nameSays(headers[index - 1] ?? '') === null ? conceal.text(part) : credentials(part, conceal);
  });
}

/** The scheme of `Authorization` is no secret, and shows at a glance what is wrong. */
function credentials(value: string, conceal: Conceal): string {
  const scheme = /^(?:Bearer|Basic|Digest|Negotiate) /i.exec(value)?.[0] ?? '';
  return scheme + conceal.secret(value.slice(scheme.length));
}

function redactTarget(target: string, conceal: Conceal): string {
  const questionMark = target.indexOf('?');
  const path = questionMark === -1 ? target : target.slice(0, questionMark);
  const segments = path.split('/').map((segment) => redactEncoded(segment, conceal.text));
  return segments.join('/') + (questionMark === -1 ? '' : `?${redactForm(target.slice(questionMark + 1), conceal)}`);
}

/** `application/x-www-form-urlencoded`, as queries are too. */
function redactForm(form: string, conceal: Conceal): string {
  return form
    .split('&')
    .map((pair) => {
      const equals = pair.indexOf('=');
      const name = equals === -1 ? pair : pair.slice(0, equals);
      const hide = nameSays(decoded(name)) === null ? conceal.text : conceal.secret;
      const shown = redactEncoded(name, conceal.text);
      return equals === -1 ? shown : `${shown}=${redactEncoded(pair.slice(equals + 1), hide)}`;
    })
    .join('&');
}

function redactEncoded(part: string, hide: (text: string) => string): string {
  const plain = decoded(part);
  const hidden = hide(plain);
  return hidden === plain ? part : hidden;
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part.replaceAll('+', ' '));
  } catch {
    // Not UTF-8: then it is looked at as it stands.
    return part;
  }
}

/** Longer bodies are described, not shown: nobody reads them in a report. */
const SHOWN_BYTES_MAX = 64 * 1024;

function redactBody(body: Uint8Array, headers: RawHeaders, conceal: Conceal): string {
  const type = mediaType(headers);
  const isEncoded = contentEncodings(headers).length > 0;
  if (body.byteLength > SHOWN_BYTES_MAX || isEncoded) return `${body.byteLength} bytes of ${type ?? 'an unknown type'}`;
  const kind = contentKind(type, body);
  if (kind === 'binary') return `${body.byteLength} bytes of ${type ?? 'an unknown type'}`;
  const text = Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8');
  if (type === 'application/x-www-form-urlencoded') return redactForm(text, conceal);
  return kind === 'json' ? redactJson(text, conceal) : conceal.text(text);
}

function redactJson(text: string, conceal: Conceal): string {
  try {
    const parsed = parseJson(text, new Budget(COMPARE_LIMITS));
    return parsed.ok ? printRedacted(parsed.value, conceal) : conceal.text(text);
  } catch (error) {
    if (error instanceof GiveUp) return `${text.length} characters of JSON, too complex to show`;
    throw error;
  }
}

function redactRendering(rendering: string, at: string, conceal: Conceal): string {
  const isSecret = at.split('/').some((segment) => nameSays(segment) !== null);
  const quoted = QUOTED.exec(rendering)?.[0];
  if (quoted === undefined) {
    return isSecret && /^-?\d/.test(rendering) ? conceal.secret(rendering) : conceal.text(rendering);
  }
  const text = JSON.parse(quoted) as string;
  return JSON.stringify(isSecret ? conceal.secret(text) : conceal.text(text)) + rendering.slice(quoted.length);
}

/** A JSON string at the beginning. */
const QUOTED = /^"(?:[^"\\\p{Cc}]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/u;
