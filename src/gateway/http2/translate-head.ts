import { METHODS } from 'node:http';
import type { RawHeaders } from '../../contract/calls.ts';
import type { Refusal } from '../request-head.ts';

/** The head of an HTTP/2 request in the words of HTTP/1.1, in which the rest of the gateway reads, matches and forwards. */
export type TranslatedHead = { readonly method: string; readonly url: string; readonly rawHeaders: RawHeaders };

/**
 * Translates a head (RFC 9113 §8.3): `:authority` becomes Host, crumbs of cookies become one Cookie (§8.2.3), and a body
 * whose length nobody says is chunked. Names and values stay as they were, in their order. nghttp2 has refused by now what
 * is malformed: upper case, headers of the connection, pseudo-headers that are unknown, repeated or late.
 *
 * @param hasBody whether the stream goes on after its head
 */
export function translateHead(raw: RawHeaders, hasBody: boolean): TranslatedHead | { readonly refused: Refusal } {
  const found = scan(raw);
  const { method, path, scheme, authority, host } = found;
  if (!KNOWN_METHODS.has(method))
    return refuse('METHOD_NOT_FORWARDED', `the method ${JSON.stringify(method)} is not forwarded`);
  if (scheme !== 'https' && scheme !== 'http') return malformed(`its :scheme is neither https nor http`);
  if (authority !== undefined && host !== undefined && authority.toLowerCase() !== host.toLowerCase())
    return malformed('its :authority and its Host differ');
  const named = authority ?? host;
  const chunked = hasBody && !found.saysLength;
  return {
    method,
    url: path,
    rawHeaders: [
      ...(named === undefined ? [] : ['host', named]),
      ...found.headers,
      ...(chunked ? ['transfer-encoding', 'chunked'] : []),
    ],
  };
}

/** What Node's parser of HTTP/1 knows; of CONNECT nothing is known here (RFC 9113 §8.5, RFC 8441). */
const KNOWN_METHODS: ReadonlySet<string> = new Set(METHODS.filter((method) => method !== 'CONNECT'));

type Found = {
  method: string;
  path: string;
  scheme: string;
  authority: string | undefined;
  /** All of them: two are one too many, which the reader of the head says. */
  host: string | undefined;
  saysLength: boolean;
  readonly headers: string[];
};

function scan(raw: RawHeaders): Found {
  const found: Found = {
    method: '',
    path: '',
    scheme: '',
    authority: undefined,
    host: undefined,
    saysLength: false,
    headers: [],
  };
  let cookieAt = -1;
  for (let index = 0; index < raw.length; index += 2) {
    const name = raw[index] ?? '';
    const value = raw[index + 1] ?? '';
    if (name === 'cookie' && cookieAt >= 0) found.headers[cookieAt] += `; ${value}`;
    else if (!isTaken(found, name, value)) {
      if (name === 'cookie') cookieAt = found.headers.length + 1;
      found.headers.push(name, value);
    }
  }
  return found;
}

/** Whether the header says what HTTP/1.1 says elsewhere. */
function isTaken(found: Found, name: string, value: string): boolean {
  switch (name) {
    case ':method':
      found.method = value;
      return true;
    case ':path':
      found.path = value;
      return true;
    case ':scheme':
      found.scheme = value;
      return true;
    case ':authority':
      found.authority = value;
      return true;
    case 'host':
      if (found.host !== undefined) return false;
      found.host = value;
      return true;
    case 'content-length':
      found.saysLength = true;
      return false;
    default:
      return false;
  }
}

function malformed(what: string): { readonly refused: Refusal } {
  return refuse('MALFORMED_REQUEST', `the request is refused: ${what}`);
}

function refuse(code: Refusal['code'], message: string): { readonly refused: Refusal } {
  return { refused: { code, message } };
}
