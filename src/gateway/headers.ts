import type { RawHeaders } from '../contract/calls.ts';

/** Headers of one connection, not of the message (RFC 9110 §7.6.1, and what was in use before it), beside `Proxy-*`. */
const OF_THE_HOP = new Set([
  'connection',
  'http2-settings',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

export function isOfTheHop(lower: string): boolean {
  return OF_THE_HOP.has(lower) || FOR_PROXIES.test(lower);
}

/**
 * What is said between proxies, but for Proxy-Status, which is for whoever asked (RFC 9209); a bare `Proxy` is what CGI and
 * its heirs take for their own setting (HTTP_PROXY).
 */
const FOR_PROXIES = /^proxy(?:$|-(?!status$))/;

/** Headers by which the parts of Banyan speak to each other start so; those of clients and upstreams are dropped. */
const INTERNAL_PREFIX = 'x-banyan-';

/** Names in lower case, by how they were spelled: they come in few spellings, on every call. */
const LOWER = new Map<string, string>();
const SPELLINGS_MAX = 1000;

export function lowerName(name: string): string {
  const known = LOWER.get(name);
  if (known !== undefined) return known;
  if (LOWER.size >= SPELLINGS_MAX) LOWER.clear();
  const lower = name.toLowerCase();
  LOWER.set(name, lower);
  return lower;
}

/** Marks a copy, for upstreams that want to tell it from a client's call. */
export const MIRROR_MARK = 'x-banyan-mirror';

/** A client that sends a good token sees how its call is decided. */
export const DEBUG_TOKEN = 'x-banyan-debug';

export function isOurs(lower: string): boolean {
  return lower.startsWith(INTERNAL_PREFIX);
}

/** Framing is not for a client to take away, whatever its Connection says. */
const NEVER_NOMINATED = new Set(['host', 'content-length']);
const USUAL_CONNECTION = /^(?:keep-alive|close)$/i;

/** Without what `Connection: a, b` declares to be of this hop only. */
export function withoutNominated(headers: RawHeaders, connection: string | undefined): RawHeaders {
  if (connection === undefined || USUAL_CONNECTION.test(connection)) return headers;
  const nominated = new Set(connection.split(',').map((name) => name.trim().toLowerCase()));
  return filtered(headers, (lower) => NEVER_NOMINATED.has(lower) || !nominated.has(lower));
}

/** A length as everybody reads it: what takes a leading zero for octal reads another. */
export function plainLength(length: string): string {
  return length.replace(/^0+(?=\d)/, '');
}

/**
 * The headers of an answer as the client gets them.
 *
 * @param trailers whether a chunked answer may announce trailers to this client
 */
export function answerHeaders(raw: RawHeaders, status: number, trailers: boolean): RawHeaders {
  const kept: string[] = [];
  let connection: string | undefined;
  let announced: string | undefined;
  let isChunked = false;
  for (let index = 0; index < raw.length; index += 2) {
    const name = raw[index] ?? '';
    const value = raw[index + 1] ?? '';
    const lower = lowerName(name);
    if (lower === 'content-length') {
      if (mayHaveLength(status, value)) kept.push(name, plainLength(value));
    } else if (isOurs(lower)) continue;
    else if (!isOfTheHop(lower)) kept.push(name, value);
    else if (lower === 'connection') connection = joined(connection, value);
    else if (lower === 'trailer') announced = joined(announced, value);
    else if (lower === 'transfer-encoding') isChunked = true;
  }
  if (trailers && announced !== undefined && isChunked) kept.push('trailer', announced);
  return withoutNominated(kept, connection);
}

/** RFC 9110 §8.6, §15.3.6: a client that believed it would wait for a body. */
function mayHaveLength(status: number, length: string): boolean {
  return status === 205 ? Number(length) === 0 : status >= 200 && status !== 204;
}

/** Whether there can be no body, whatever the head says (RFC 9110 §6.4.1). */
export function hasNoBody(method: string, status: number): boolean {
  return method === 'HEAD' || status === 204 || status === 304;
}

/** Tabs, spaces, visible and obs-text characters (RFC 9110 §5.5, RFC 9112 §4); Node throws on others. */
export const FIELD_TEXT = /^[\t\x20-\x7e\x80-\xff]*$/;

/** A reason phrase that can be written, or none. */
export function safePhrase(statusText: string): string {
  return FIELD_TEXT.test(statusText) ? statusText : '';
}

/** Repeated headers are one list (RFC 9110 §5.3). */
export function joined(before: string | undefined, value: string): string {
  return before === undefined ? value : `${before}, ${value}`;
}

/** Fields that are not for trailers: framing, routing, authentication and what was decided on (RFC 9110 §6.5.1). */
const NOT_IN_TRAILERS = new Set([
  'authorization',
  'cache-control',
  'content-encoding',
  'content-length',
  'content-range',
  'content-type',
  'cookie',
  'expect',
  'forwarded',
  'host',
  'max-forwards',
  'set-cookie',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
]);

/** Trailers as the next hop may have them; CGI and its heirs read `_` as `-`. */
export function forwardedTrailers(raw: RawHeaders): RawHeaders {
  return filtered(raw, (lower) => {
    const read = lower.replaceAll('_', '-');
    return !isOfTheHop(read) && !isOurs(read) && !NOT_IN_TRAILERS.has(read);
  });
}

/** With the length of a body that was read whole, in place of whatever framed it before. */
export function withBodyLength(headers: RawHeaders, bytes: number): RawHeaders {
  return [...withoutHeader(headers, 'content-length'), 'content-length', String(bytes)];
}

/** Without the named header (lower case). */
export function withoutHeader(headers: RawHeaders, dropped: string): RawHeaders {
  return filtered(headers, (lower) => lower !== dropped);
}

function filtered(headers: RawHeaders, isKept: (lower: string) => boolean): RawHeaders {
  const kept: string[] = [];
  for (let index = 0; index < headers.length; index += 2) {
    const name = headers[index] ?? '';
    if (isKept(lowerName(name))) kept.push(name, headers[index + 1] ?? '');
  }
  return kept;
}
