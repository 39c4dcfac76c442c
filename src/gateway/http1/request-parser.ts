import { METHODS } from 'node:http';
import type { RawHeaders } from '../../contract/calls.ts';
import { BanyanError, type ErrorCode } from '../../contract/errors.ts';
import { asksForWebSocket } from '../websocket/handshake.ts';
import { fieldsOf, framingFields, hasToken, headPattern, LENGTH, letsAnotherFollow, NO_FIELDS } from './fields.ts';
import { type Following, MessageReader, type MessageSink, type Problem } from './message-reader.ts';

/** The head of a request, as far as its bytes say; whether it makes sense is for `request-head.ts` to find out. */
export type ParsedHead = {
  readonly method: string;
  readonly url: string;
  readonly httpVersionMajor: number;
  readonly httpVersionMinor: number;
  readonly rawHeaders: RawHeaders;
  /** Whether the client is ready for another answer on its connection. */
  readonly keepAlive: boolean;
  /** A WebSocket is asked for, by both headers that it takes: what follows is no HTTP. */
  readonly upgrade: boolean;
};

/** Hears a request, in order: `head data* end`. Behind a body that cannot be read, there is no end. */
export type RequestSink = {
  readonly head: (head: ParsedHead) => void;
  readonly data: (chunk: Buffer) => void;
  readonly end: (trailers: RawHeaders) => void;
};

/** The version that a request of HTTP/0.9 does not say is looked at with the rest of the head. */
const HEAD = headPattern('[A-Z-]{1,24} [\\x21-\\x7e\\x80-\\xff]+(?: HTTP/(?:1\\.[01]|0\\.9|2\\.0))?');
const KNOWN_METHODS = new Set(METHODS);

/** Sizes, leading zeros and all, and extensions without blanks: a token or a quoted string (RFC 9112 §7.1.1). */
const TOKEN = "[!#$%&'*+\\-.^_`|~0-9A-Za-z]+";
const QUOTED = '"(?:[\\t\\x20\\x21\\x23-\\x5b\\x5d-\\x7e]|\\\\[\\t\\x20-\\x7e])*"';
const CHUNK_LINE = new RegExp(`^0*([0-9A-Fa-f]{1,13})(?:;${TOKEN}(?:=(?:${TOKEN}|${QUOTED}))?)*$`);

/**
 * Reads the requests of one HTTP/1.1 connection, one at a time, cut into chunks anywhere, and refuses what is not
 * plainly a request: bytes that two programs could read in two ways end the connection (RFC 9112 §11.2).
 */
export class RequestParser implements MessageSink {
  readonly #sink: RequestSink;
  readonly #reader: MessageReader;
  /** Bytes of the one empty line that may stand before a request (RFC 9112 §2.2). */
  #skipped = 0;
  #begun = false;

  constructor(sink: RequestSink, headBytesMax: number) {
    this.#sink = sink;
    this.#reader = new MessageReader(this, { headBytesMax, chunkLine: CHUNK_LINE });
  }

  /** Whether a byte of a request has come that is not whole. */
  get begun(): boolean {
    return this.#begun;
  }

  /**
   * Reads up to the end of one request; gives where that is, or the end of the chunk.
   * @throws BanyanError what the client is to be told; the connection is of no use any more
   */
  feed(chunk: Buffer, from: number): number {
    const at = this.#begun ? from : this.#begin(chunk, from);
    return this.#begun ? this.#reader.feed(chunk, at) : at;
  }

  #begin(chunk: Buffer, from: number): number {
    let at = from;
    while (this.#skipped < 2 && at < chunk.byteLength && chunk[at] === EMPTY_LINE[this.#skipped]) {
      this.#skipped += 1;
      at += 1;
    }
    const first = chunk[at];
    if (first === undefined) return at;
    // Whoever speaks something else, TLS for instance, may wait for us without ever ending a line.
    if (this.#skipped === 1 || first < UPPER_A || first > UPPER_Z) throw malformed('it does not begin with a method');
    this.#begun = true;
    this.#reader.expect();
    return at;
  }

  // ── what the reader finds ──

  head(text: string): Following {
    if (!HEAD.test(text)) throw malformed('its head is no head of HTTP/1.1');
    const found = text.indexOf('\r\n');
    const lineEnd = found === -1 ? text.length : found;
    const methodEnd = text.indexOf(' ');
    const targetEnd = text.lastIndexOf(' ', lineEnd);
    const method = text.slice(0, methodEnd);
    if (!KNOWN_METHODS.has(method)) throw malformed('its method is none');
    const named = targetEnd > methodEnd;
    const httpVersionMajor = named ? text.charCodeAt(lineEnd - 3) - ZERO : 0;
    const httpVersionMinor = named ? text.charCodeAt(lineEnd - 1) - ZERO : 9;
    const rawHeaders = found === -1 ? NO_FIELDS : fieldsOf(text, found + 2);
    const { length, coding, connection } = framingFields(rawHeaders);
    const following = followingOf(httpVersionMajor, httpVersionMinor, length, coding);
    const upgrade = connection !== null && hasToken(connection, 'upgrade') && asksForWebSocket(rawHeaders);
    this.#sink.head({
      method,
      url: text.slice(methodEnd + 1, named ? targetEnd : lineEnd),
      httpVersionMajor,
      httpVersionMinor,
      rawHeaders,
      keepAlive: letsAnotherFollow(connection, httpVersionMinor === 1),
      upgrade,
    });
    return upgrade ? 0 : following;
  }

  data(chunk: Buffer): void {
    this.#sink.data(chunk);
  }

  end(trailers: RawHeaders): void {
    this.#begun = false;
    this.#skipped = 0;
    this.#sink.end(trailers);
  }

  problem(kind: Problem, what: string): Error {
    return kind === 'syntax' ? malformed(what) : new BanyanError(CODES[kind], `the request is refused: ${what}`);
  }
}

const EMPTY_LINE = Buffer.from('\r\n');
const UPPER_A = 65;
const UPPER_Z = 90;
const ZERO = 48;

const CODES = {
  'head too long': 'HEADERS_TOO_LARGE',
  'chunk line too long': 'BODY_TOO_LARGE',
} as const satisfies Record<Exclude<Problem, 'syntax'>, ErrorCode>;

function malformed(what: string): BanyanError {
  return new BanyanError('MALFORMED_REQUEST', `the request is refused: ${what}`);
}

/** RFC 9112 §6.3. A coding that nobody here undoes is refused with the rest of the head. */
function followingOf(major: number, minor: number, length: string | null, coding: string | null): Following {
  if (length !== null && !LENGTH.test(length)) throw malformed('its Content-Length is no length');
  if (length !== null && coding !== null) throw malformed('it has a Content-Length and a Transfer-Encoding');
  if (major !== 1) return 'unreadable';
  if (coding === null) return length === null ? 0 : Number(length);
  return minor === 1 && coding.toLowerCase() === 'chunked' ? 'chunked' : 'unreadable';
}
