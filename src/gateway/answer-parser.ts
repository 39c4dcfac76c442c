import type { RawHeaders } from '../contract/calls.ts';
import { UpstreamFailure } from './failure.ts';

/** Hears what an upstream says, in order: `interim* head data* end`. */
export type AnswerSink = {
  readonly interim: (status: number, headers: RawHeaders) => void;
  readonly head: (status: number, statusText: string, headers: RawHeaders) => void;
  readonly data: (chunk: Buffer) => void;
  readonly end: (trailers: RawHeaders) => void;
};

/** What comes next. `none`: no answer is due, and nothing may come. */
type State = 'none' | 'head' | 'length' | 'close' | 'chunk size' | 'chunk' | 'chunk end' | 'trailers';

/**
 * A head as it must be (RFC 9112 §4, §5): three digits, field names that are tokens, nothing folded, no line that ends
 * in LF alone. A reason phrase may hold what it likes; nobody acts on it. Linear: no part can match what another can.
 */
const HEAD = /^HTTP\/1\.[01] [1-9]\d\d(?: [^\r\n]*)?(?:\r\n[!#$%&'*+\-.^_`|~0-9A-Za-z]+:[\t\x20-\x7e\x80-\xff]*)*$/;
const FIELDS = /^(?:[!#$%&'*+\-.^_`|~0-9A-Za-z]+:[\t\x20-\x7e\x80-\xff]*(?:\r\n|$))*$/;

/** 15 digits are exact as a number, and more than any body has. */
const LENGTH = /^\d{1,15}$/;
/** A size, extensions aside, which nobody here knows (RFC 9112 §7.1.1). 13 hex digits are exact as a number. */
const CHUNK_SIZE = /^([0-9A-Fa-f]{1,13})[\t ]*(?:;[\t\x20-\x7e\x80-\xff]*)?$/;
const CHUNK_LINE_BYTES_MAX = 4096;

/** What every head starts with, and what is said of one that does not go on as it must. */
const VERSION = 'HTTP/1.';
const NO_HEAD = 'its head is no head of HTTP/1.1';

const CRLF = '\r\n';
const NO_BYTES = Buffer.alloc(0);
const NO_HEADERS: RawHeaders = [];

/**
 * Reads the answers of one HTTP/1.1 connection as they come, cut into chunks anywhere, and refuses what is not plainly
 * one answer (RFC 9112 §6.3): bytes that two programs could read in two ways end the connection.
 */
export class AnswerParser {
  readonly #sink: AnswerSink;
  readonly #headerBytesMax: number;
  #state: State = 'none';
  #method = 'GET';
  /** What came of a line or a head that is not whole yet. */
  #partial: Buffer = NO_BYTES;
  /** Of the body, or of the chunk. */
  #bytesLeft = 0;
  #keepAlive = true;
  #keepAliveHintMs: number | null = null;

  constructor(sink: AnswerSink, headerBytesMax: number) {
    this.#sink = sink;
    this.#headerBytesMax = headerBytesMax;
  }

  /** Of the answer that was read last: whether the connection can carry another. */
  get keepAlive(): boolean {
    return this.#keepAlive;
  }

  /** How long the upstream says that it keeps an idle connection; `null`: it says nothing. */
  get keepAliveHintMs(): number | null {
    return this.#keepAliveHintMs;
  }

  get idle(): boolean {
    return this.#state === 'none';
  }

  /** An answer to such a request is due. */
  expect(method: string): void {
    this.#state = 'head';
    this.#method = method;
  }

  /** @throws UpstreamFailure `malformed`: the connection is of no use any more */
  feed(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.byteLength) at = this.#step(chunk, at);
  }

  /**
   * The upstream ends the connection in good order.
   * @throws UpstreamFailure `truncated` or `reset` when an answer was due
   */
  ended(): void {
    if (this.#state === 'none') return;
    if (this.#state === 'close') {
      this.#end(NO_HEADERS);
      return;
    }
    throw this.#state === 'head' && this.#partial.byteLength === 0
      ? new UpstreamFailure('reset', 'the connection was closed before an answer came')
      : new UpstreamFailure('truncated', 'the connection was closed before the answer was whole');
  }

  /** Reads on at `at`; gives where the next step begins. */
  #step(chunk: Buffer, at: number): number {
    switch (this.#state) {
      case 'none':
        throw malformed('it says more than one answer');
      case 'head':
        return this.#readHead(chunk, at);
      case 'length':
      case 'chunk':
        return this.#readBytes(chunk, at);
      case 'close':
        this.#sink.data(at === 0 ? chunk : chunk.subarray(at));
        return chunk.byteLength;
      case 'chunk size':
        return this.#readLine(chunk, at, this.#chunkSize);
      case 'chunk end':
        return this.#readLine(chunk, at, this.#chunkEnd);
      case 'trailers':
        return this.#readTrailers(chunk, at);
    }
  }

  #readHead(chunk: Buffer, at: number): number {
    const { bytes, from } = this.#withPartial(chunk, at);
    const end = bytes.indexOf('\r\n\r\n', from, 'latin1');
    if (end === -1) {
      // It would never end.
      if (bytes.includes('\n\n', from, 'latin1')) throw malformed('its lines end in LF alone');
      // Who speaks another protocol may wait for an answer to what it said.
      if (!VERSION.startsWith(bytes.toString('latin1', from, from + VERSION.length))) throw malformed(NO_HEAD);
      return this.#keepPartial(bytes, from, chunk, this.#headerBytesMax, 'its head');
    }
    if (end - from > this.#headerBytesMax) throw malformed(`its head is longer than ${this.#headerBytesMax} bytes`);
    const before = this.#partial.byteLength;
    this.#partial = NO_BYTES;
    this.#head(bytes.toString('latin1', from, end));
    return before === 0 ? end + 4 : at + end + 4 - before;
  }

  /** The bytes that were kept, and the new ones behind them. */
  #withPartial(chunk: Buffer, at: number): { readonly bytes: Buffer; readonly from: number } {
    if (this.#partial.byteLength === 0) return { bytes: chunk, from: at };
    return { bytes: Buffer.concat([this.#partial, chunk.subarray(at)]), from: 0 };
  }

  #keepPartial(bytes: Buffer, from: number, chunk: Buffer, bytesMax: number, what: string): number {
    this.#partial = Buffer.from(bytes.subarray(from));
    if (this.#partial.byteLength > bytesMax) throw malformed(`${what} is longer than ${bytesMax} bytes`);
    return chunk.byteLength;
  }

  #head(text: string): void {
    if (!HEAD.test(text)) throw malformed(NO_HEAD);
    const lineEnd = text.indexOf(CRLF);
    const line = lineEnd === -1 ? text : text.slice(0, lineEnd);
    const status = Number(line.slice(9, 12));
    const headers = lineEnd === -1 ? NO_HEADERS : fieldsOf(text, lineEnd + 2);
    if (status === 101) throw malformed('it switches protocols unasked');
    if (status < 200) {
      this.#sink.interim(status, headers);
      return;
    }
    this.#frame(line.charCodeAt(7) === ONE, status, headers);
    this.#sink.head(status, line.slice(13), headers);
    if (this.#state === 'none') this.#sink.end(NO_HEADERS);
  }

  /** How long the body is, and what the connection is good for afterwards. */
  #frame(isHttp11: boolean, status: number, headers: RawHeaders): void {
    const { length, coding, connection, hint } = framingFields(headers);
    this.#keepAlive = isHttp11 ? !hasToken(connection, 'close') : hasToken(connection, 'keep-alive');
    this.#keepAliveHintMs = hint === null ? null : hintMs(hint);
    if (length !== null && !LENGTH.test(length)) throw malformed('it has no one length');
    if (coding !== null) {
      if (length !== null) throw malformed('it has a length and a coding');
      if (!isHttp11 || coding.toLowerCase() !== 'chunked') throw malformed('its transfer coding is not chunked');
    }
    if (this.#method === 'HEAD' || status === 204 || status === 304) this.#state = 'none';
    else if (coding !== null) this.#state = 'chunk size';
    else if (length !== null) this.#lengthIs(Number(length));
    else this.#untilClose();
  }

  #lengthIs(bytes: number): void {
    this.#bytesLeft = bytes;
    this.#state = bytes === 0 ? 'none' : 'length';
  }

  #untilClose(): void {
    this.#keepAlive = false;
    this.#state = 'close';
  }

  #readBytes(chunk: Buffer, at: number): number {
    const until = Math.min(chunk.byteLength, at + this.#bytesLeft);
    this.#bytesLeft -= until - at;
    this.#sink.data(at === 0 && until === chunk.byteLength ? chunk : chunk.subarray(at, until));
    if (this.#bytesLeft > 0) return until;
    if (this.#state === 'chunk') this.#state = 'chunk end';
    else this.#end(NO_HEADERS);
    return until;
  }

  #readLine(chunk: Buffer, at: number, take: (line: string) => void): number {
    const { bytes, from } = this.#withPartial(chunk, at);
    const end = bytes.indexOf(CRLF, from, 'latin1');
    if (end === -1) return this.#keepPartial(bytes, from, chunk, CHUNK_LINE_BYTES_MAX, 'a line of its chunks');
    if (end - from > CHUNK_LINE_BYTES_MAX) throw malformed('a line of its chunks is too long');
    const before = this.#partial.byteLength;
    this.#partial = NO_BYTES;
    take(bytes.toString('latin1', from, end));
    return before === 0 ? end + 2 : at + end + 2 - before;
  }

  readonly #chunkSize = (line: string): void => {
    const digits = CHUNK_SIZE.exec(line)?.[1];
    if (digits === undefined) throw malformed('a chunk has no size');
    this.#bytesLeft = Number.parseInt(digits, 16);
    this.#state = this.#bytesLeft === 0 ? 'trailers' : 'chunk';
  };

  readonly #chunkEnd = (line: string): void => {
    if (line !== '') throw malformed('a chunk is longer than its size');
    this.#state = 'chunk size';
  };

  #readTrailers(chunk: Buffer, at: number): number {
    const { bytes, from } = this.#withPartial(chunk, at);
    const none = bytes.byteLength - from >= 2 && bytes[from] === CR && bytes[from + 1] === LF;
    const end = none ? from : bytes.indexOf('\r\n\r\n', from, 'latin1');
    if (end === -1) return this.#keepPartial(bytes, from, chunk, this.#headerBytesMax, 'its trailer section');
    const before = this.#partial.byteLength;
    this.#partial = NO_BYTES;
    const text = bytes.toString('latin1', from, end);
    if (!FIELDS.test(text)) throw malformed('its trailers are no fields');
    this.#end(text === '' ? NO_HEADERS : fieldsOf(text, 0));
    return (before === 0 ? end : at + end - before) + (none ? 2 : 4);
  }

  #end(trailers: RawHeaders): void {
    this.#state = 'none';
    this.#sink.end(trailers);
  }
}

const CR = 13;
const LF = 10;
const ONE = 49;

function malformed(what: string): UpstreamFailure {
  return new UpstreamFailure('malformed', `the answer is refused: ${what}`);
}

/** Names and values in turn, of a text that was found to be fields. */
function fieldsOf(text: string, from: number): RawHeaders {
  const fields: string[] = [];
  for (let at = from; at < text.length; ) {
    const end = text.indexOf(CRLF, at);
    const line = end === -1 ? text.slice(at) : text.slice(at, end);
    const colon = line.indexOf(':');
    fields.push(line.slice(0, colon), trimmed(line, colon + 1));
    if (end === -1) break;
    at = end + 2;
  }
  return fields;
}

/** Without the spaces and tabs around it: `trim()` would take more than those. */
function trimmed(line: string, from: number): string {
  let start = from;
  let end = line.length;
  while (start < end && isBlank(line.charCodeAt(start))) start += 1;
  while (end > start && isBlank(line.charCodeAt(end - 1))) end -= 1;
  return line.slice(start, end);
}

function isBlank(code: number): boolean {
  return code === 32 || code === 9;
}

type FramingFields = { length: string | null; coding: string | null; connection: string | null; hint: string | null };

/** Repeated lengths and codings make a list, which is no length and no coding. */
function framingFields(headers: RawHeaders): FramingFields {
  const found: FramingFields = { length: null, coding: null, connection: null, hint: null };
  for (let index = 0; index < headers.length; index += 2) {
    const name = headers[index] ?? '';
    const value = headers[index + 1] ?? '';
    // Names of other lengths are not looked at.
    if (name.length === 14 && isNamed(name, 'content-length')) found.length = listed(found.length, value);
    else if (name.length === 17 && isNamed(name, 'transfer-encoding')) found.coding = listed(found.coding, value);
    else if (name.length === 10 && isNamed(name, 'connection')) found.connection = listed(found.connection, value);
    else if (name.length === 10 && isNamed(name, 'keep-alive')) found.hint = value;
  }
  return found;
}

function isNamed(name: string, lower: string): boolean {
  return name.toLowerCase() === lower;
}

function listed(before: string | null, value: string): string {
  return before === null ? value : `${before},${value}`;
}

function hasToken(list: string | null, token: string): boolean {
  return list?.split(',').some((item) => isNamed(item.trim(), token)) === true;
}

function hintMs(hint: string): number | null {
  const seconds = /\btimeout\s{0,9}=\s{0,9}"?(\d{1,6})/i.exec(hint)?.[1];
  return seconds === undefined ? null : Number(seconds) * 1000;
}
