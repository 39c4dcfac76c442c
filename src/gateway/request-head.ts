import type { RawHeaders } from '../contract/calls.ts';
import type { ErrorCode } from '../contract/errors.ts';
import type { Limits } from '../contract/limits.ts';
import { parseTarget, type Target } from '../wire/target.ts';
import type { ReceivedForwarding } from './forwarding.ts';
import { DEBUG_TOKEN, isOfTheHop, isOurs, joined, lowerName, plainLength, withoutNominated } from './headers.ts';
import { LENGTH } from './http1/fields.ts';
import { namesWebSocket } from './websocket/handshake.ts';

/** How a request's body is framed. */
export type BodyFraming = {
  readonly has: boolean;
  /** As Content-Length says; `null`: chunked. */
  readonly length: number | null;
  /** Trailers were announced. */
  readonly trailers: boolean;
};

/** The head of a request, read once and found to have one reading only. */
export type RequestHead = {
  readonly method: string;
  readonly target: Target;
  readonly host: string | undefined;
  readonly framing: BodyFraming;
  readonly expectsContinue: boolean;
  readonly upgradesToWebSocket: boolean;
  /** For the upstream: without those of the hop, those on forwarding, and those by which Banyan's parts speak. */
  readonly headers: RawHeaders;
  /** What was said of earlier hops, `null` when nothing was. */
  readonly forwarding: ReceivedForwarding | null;
  /** By which the client asks to see how its call is decided. */
  readonly debugToken: string | undefined;
};

export type Refusal = { readonly code: ErrorCode; readonly message: string };

/** What of a request its head is read from. */
export type RawRequest = {
  readonly method?: string | undefined;
  readonly url?: string | undefined;
  readonly httpVersionMajor: number;
  readonly httpVersionMinor: number;
  readonly rawHeaders: RawHeaders;
};

/**
 * Reads a head, or says why not. The parsers (http1/request-parser.ts, and nghttp2 with http2/translate-head.ts) have
 * refused most of what is malformed by now; refused here is what they let through: docs/gateway.md lists both.
 */
export function readHead(request: RawRequest, limits: Limits): RequestHead | { readonly refused: Refusal } {
  const { method = '', url = '' } = request;
  const found = scan(request.rawHeaders);
  const target = parseTarget(url);
  const refused = overLimit(url, found, request.rawHeaders, limits) ?? objection(request, found);
  if (refused !== null) return { refused };
  if ('refused' in target) return refusal('BAD_TARGET', `the request target is refused: ${target.refused}`);
  return {
    method,
    target,
    host: found.host,
    framing: framingOf(found),
    expectsContinue: found.expect !== undefined && request.httpVersionMinor === 1,
    upgradesToWebSocket: found.upgrade !== undefined && namesWebSocket(found.upgrade),
    headers: withoutNominated(found.kept, found.connection),
    forwarding: found.forwarding,
    debugToken: found.debugToken,
  };
}

/** What one pass over the headers finds. */
type Found = {
  host: string | undefined;
  hosts: number;
  length: string | undefined;
  coding: string | undefined;
  connection: string | undefined;
  upgrade: string | undefined;
  expect: string | undefined;
  trailer: boolean;
  underscores: boolean;
  bytes: number;
  forwarding: ReceivedForwarding | null;
  debugToken: string | undefined;
  readonly kept: string[];
};

function scan(raw: RawHeaders): Found {
  const found = nothingFound();
  for (let index = 0; index < raw.length; index += 2) {
    const name = raw[index] ?? '';
    const value = raw[index + 1] ?? '';
    found.bytes += name.length + value.length + HEADER_OVERHEAD_BYTES;
    const lower = lowerName(name);
    if (isForUpstream(found, lower, value))
      found.kept.push(name, lower === 'content-length' ? plainLength(value) : value);
  }
  return found;
}

/** Colon, space, CR, LF. */
const HEADER_OVERHEAD_BYTES = 4;

function nothingFound(): Found {
  return {
    host: undefined,
    hosts: 0,
    length: undefined,
    coding: undefined,
    connection: undefined,
    upgrade: undefined,
    expect: undefined,
    trailer: false,
    underscores: false,
    bytes: 0,
    forwarding: null,
    debugToken: undefined,
    kept: [],
  };
}

/** Notes what the header says to this hop; gives whether the upstream gets it too. */
function isForUpstream(found: Found, lower: string, value: string): boolean {
  switch (lower) {
    case 'host':
      found.host = value;
      found.hosts += 1;
      return true;
    case 'content-length':
      found.length = value;
      return true;
    case 'transfer-encoding':
      found.coding = joined(found.coding, value);
      return false;
    case 'connection':
      found.connection = joined(found.connection, value);
      return false;
    case 'upgrade':
      found.upgrade = joined(found.upgrade, value);
      return false;
    case 'expect':
      found.expect = joined(found.expect, value);
      return false;
    case 'trailer':
      found.trailer = true;
      return false;
    case 'forwarded':
    case 'x-forwarded-for':
    case 'x-forwarded-host':
    case 'x-forwarded-proto':
      found.forwarding ??= {};
      found.forwarding[lower] = joined(found.forwarding[lower], value);
      return false;
    case DEBUG_TOKEN:
      found.debugToken = value;
      return false;
  }
  if (lower.includes('_')) found.underscores = true;
  return !isOfTheHop(lower) && !isOurs(lower);
}

function overLimit(url: string, { bytes }: Found, raw: RawHeaders, limits: Limits): Refusal | null {
  if (url.length > limits.targetBytesMax)
    return { code: 'TARGET_TOO_LONG', message: `the request target is longer than ${limits.targetBytesMax} bytes` };
  if (bytes > limits.headerBytesMax)
    return { code: 'HEADERS_TOO_LARGE', message: `the headers are longer than ${limits.headerBytesMax} bytes` };
  if (raw.length > limits.headersMax * 2)
    return { code: 'HEADERS_TOO_LARGE', message: `the request has more than ${limits.headersMax} headers` };
  return null;
}

const HOST = /^(?:\[[0-9A-Fa-f:.]{2,45}\]|[A-Za-z0-9._~-]{1,255})(?::\d{1,5})?$/;

function objection(
  { method, httpVersionMajor, httpVersionMinor, rawHeaders }: RawRequest,
  found: Found,
): Refusal | null {
  if (httpVersionMajor !== 1) return { code: 'VERSION_NOT_SUPPORTED', message: 'the request is not of HTTP/1' };
  if (found.expect !== undefined && httpVersionMinor === 1 && found.expect.toLowerCase() !== '100-continue')
    return { code: 'EXPECTATION_FAILED', message: 'the request expects something other than 100-continue' };
  if (method === 'TRACE' || method === 'CONNECT')
    return { code: 'METHOD_NOT_FORWARDED', message: `${method} is not forwarded` };
  if (found.hosts > 1) return malformed('it has more than one Host');
  if (found.host === undefined && httpVersionMinor === 1) return malformed('it has no Host');
  if (found.host !== undefined && !HOST.test(found.host)) return malformed('its Host is not a host and a port');
  // nghttp2 takes lengths that no number holds.
  if (found.length !== undefined && !LENGTH.test(found.length)) return malformed('its Content-Length is no length');
  return (
    codingObjection(found.coding, httpVersionMinor) ?? (found.underscores ? underscoreObjection(rawHeaders) : null)
  );
}

function malformed(what: string): Refusal {
  return { code: 'MALFORMED_REQUEST', message: `the request is refused: ${what}` };
}

function refusal(code: ErrorCode, message: string): { readonly refused: Refusal } {
  return { refused: { code, message } };
}

/** RFC 9112 §6.1: a coding that is not known is 501; one in HTTP/1.0 is faulty framing. */
function codingObjection(coding: string | undefined, httpVersionMinor: number): Refusal | null {
  if (coding === undefined) return null;
  if (httpVersionMinor === 0) return malformed('it has a Transfer-Encoding in HTTP/1.0');
  if (coding.toLowerCase() === 'chunked') return null;
  return { code: 'CODING_NOT_SUPPORTED', message: 'the request has a Transfer-Encoding other than chunked' };
}

/**
 * CGI and its heirs read `_` as `-`: a name must not stand for another's there. Nor may it stand there twice: of such
 * two, some programs drop both, some join them, and some read one.
 */
function underscoreObjection(raw: RawHeaders): Refusal | null {
  const spelled = new Map<string, string>();
  for (let index = 0; index < raw.length; index += 2) {
    const lower = (raw[index] ?? '').toLowerCase();
    const read = lower.replaceAll('_', '-');
    const before = spelled.get(read);
    if (before !== undefined && (before !== read || lower !== read))
      return malformed(`its headers ${before} and ${lower} can be one`);
    if (read !== lower && (isOurs(read) || isForHop(read))) return malformed(`its header ${lower} can be ${read}`);
    spelled.set(read, lower);
  }
  return null;
}

/** Names that this hop acts on, or writes itself. */
function isForHop(lower: string): boolean {
  return isOfTheHop(lower) || ACTED_ON.has(lower);
}

const ACTED_ON = new Set([
  'host',
  'content-length',
  'expect',
  'forwarded',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
]);

const NO_BODY: BodyFraming = { has: false, length: 0, trailers: false };

function framingOf({ coding, length, trailer }: Found): BodyFraming {
  if (coding !== undefined) return { has: true, length: null, trailers: trailer };
  return length === undefined || Number(length) === 0
    ? NO_BODY
    : { has: true, length: Number(length), trailers: false };
}
