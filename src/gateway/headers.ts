import type { RawHeaders } from '../contract/calls.ts';
import { headerValue } from '../wire/headers.ts';

/** Headers of one connection, not of the message (RFC 9110 §7.6.1, and what was in use before it). */
const HOP_BY_HOP = new Set([
  'connection',
  'http2-settings',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** Ours, from untrusted hands, or answered by this hop: never passed on as the client sent them. */
const NOT_FROM_CLIENTS = new Set(['expect', 'forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto']);

/** Headers by which the parts of Banyan speak to each other start so; clients' are dropped. */
const INTERNAL_PREFIX = 'x-banyan-';

/** Marks a copy, for upstreams that want to tell it from a client's call. */
export const MIRROR_MARK = 'x-banyan-mirror';

export type ClientInfo = {
  readonly address: string | null;
  readonly scheme: 'http' | 'https';
  readonly host: string | undefined;
};

/** The headers of a request as an upstream gets them. */
export function requestHeaders(raw: RawHeaders, client: ClientInfo): RawHeaders {
  const nominated = nominatedByConnection(raw);
  const kept: string[] = [];
  for (let index = 0; index < raw.length; index += 2) {
    const name = raw[index] ?? '';
    const lower = name.toLowerCase();
    if (isDropped(lower, nominated) || NOT_FROM_CLIENTS.has(lower) || lower.startsWith(INTERNAL_PREFIX)) continue;
    kept.push(name, raw[index + 1] ?? '');
  }
  if (client.address !== null) kept.push('x-forwarded-for', client.address);
  kept.push('x-forwarded-proto', client.scheme);
  if (client.host !== undefined) kept.push('x-forwarded-host', client.host);
  return kept;
}

/** The headers of an answer as the client gets them. */
export function answerHeaders(raw: RawHeaders): RawHeaders {
  const nominated = nominatedByConnection(raw);
  const kept: string[] = [];
  for (let index = 0; index < raw.length; index += 2) {
    const name = raw[index] ?? '';
    if (!isDropped(name.toLowerCase(), nominated)) kept.push(name, raw[index + 1] ?? '');
  }
  return kept;
}

/** With the length of a body that was read whole, in place of whatever framed it before. */
export function withBodyLength(headers: RawHeaders, bytes: number): RawHeaders {
  return [...withoutHeader(headers, 'content-length'), 'content-length', String(bytes)];
}

/** Without the named header (lower case). */
export function withoutHeader(headers: RawHeaders, dropped: string): RawHeaders {
  return headers.filter((_, index) => headers[index - (index % 2)]?.toLowerCase() !== dropped);
}

function isDropped(lower: string, nominated: ReadonlySet<string> | null): boolean {
  return HOP_BY_HOP.has(lower) || nominated?.has(lower) === true;
}

/** What `Connection: a, b` declares to be of this hop only; `null` for the usual none. */
function nominatedByConnection(raw: RawHeaders): ReadonlySet<string> | null {
  const connection = headerValue(raw, 'connection');
  if (connection === undefined || /^(?:keep-alive|close)$/i.test(connection)) return null;
  return new Set(connection.split(',').map((name) => name.trim().toLowerCase()));
}

const BODY_LENGTH = /^\d{1,15}$/;

/** Whether a request has a body, and how long it says it is. `null` length: not said (chunked). */
export function bodyLength(raw: RawHeaders): { readonly has: boolean; readonly length: number | null } {
  if (headerValue(raw, 'transfer-encoding') !== undefined) return { has: true, length: null };
  const length = headerValue(raw, 'content-length');
  if (length === undefined || !BODY_LENGTH.test(length)) return { has: false, length: 0 };
  return { has: length !== '0', length: Number(length) };
}
