import type { RawHeaders } from '../../contract/calls.ts';
import { fieldsOf, framingFields, headPattern, LENGTH, letsAnotherFollow, NO_FIELDS } from '../http1/fields.ts';
import { type Following, MessageReader, type MessageSink, type Problem } from '../http1/message-reader.ts';
import { UpstreamFailure } from './failure.ts';

/** Hears what an upstream says, in order: `interim* head data* end`. */
export type AnswerSink = {
  readonly interim: (status: number, headers: RawHeaders) => void;
  readonly head: (status: number, statusText: string, headers: RawHeaders) => void;
  readonly data: (chunk: Buffer) => void;
  readonly end: (trailers: RawHeaders) => void;
};

/** Three digits, and a reason phrase that may hold what it likes (RFC 9112 §4); nobody acts on it. */
const HEAD = headPattern('HTTP/1\\.[01] [1-9]\\d\\d(?: [^\\r\\n]*)?');

/** What every head starts with, and what is said of one that does not go on as it must. */
const VERSION = 'HTTP/1.';
const NO_HEAD = 'its head is no head of HTTP/1.1';

/** Extensions are nobody's here (RFC 9112 §7.1.1); some servers pad sizes with blanks. */
const CHUNK_LINE = /^([0-9A-Fa-f]{1,13})[\t ]*(?:;[\t\x20-\x7e\x80-\xff]*)?$/;

/**
 * Reads the answers of one HTTP/1.1 connection as they come, cut into chunks anywhere, and refuses what is not plainly
 * one answer (RFC 9112 §6.3): bytes that two programs could read in two ways end the connection.
 */
export class AnswerParser implements MessageSink {
  readonly #sink: AnswerSink;
  readonly #reader: MessageReader;
  #method = 'GET';
  #keepAlive = true;
  #keepAliveHintMs: number | null = null;

  constructor(sink: AnswerSink, headerBytesMax: number) {
    this.#sink = sink;
    this.#reader = new MessageReader(this, { headBytesMax: headerBytesMax, chunkLine: CHUNK_LINE });
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
    return this.#reader.idle;
  }

  /** An answer to such a request is due. */
  expect(method: string): void {
    this.#method = method;
    this.#reader.expect();
  }

  /** @throws UpstreamFailure `malformed`: the connection is of no use any more */
  feed(chunk: Buffer): void {
    if (this.#reader.feed(chunk, 0) < chunk.byteLength) throw malformed('it says more than one answer');
  }

  /**
   * The upstream ends the connection in good order.
   * @throws UpstreamFailure `truncated` or `reset` when an answer was due
   */
  ended(): void {
    if (this.#reader.idle) return;
    if (this.#reader.endsByClose) {
      this.#reader.closed();
      return;
    }
    throw this.#reader.untouched
      ? new UpstreamFailure('reset', 'the connection was closed before an answer came')
      : new UpstreamFailure('truncated', 'the connection was closed before the answer was whole');
  }

  // ── what the reader finds ──

  head(text: string): Following {
    if (!HEAD.test(text)) throw malformed(NO_HEAD);
    const lineEnd = text.indexOf('\r\n');
    const line = lineEnd === -1 ? text : text.slice(0, lineEnd);
    const status = Number(line.slice(9, 12));
    const headers = lineEnd === -1 ? NO_FIELDS : fieldsOf(text, lineEnd + 2);
    if (status === 101) throw malformed('it switches protocols unasked');
    if (status < 200) {
      this.#sink.interim(status, headers);
      return 'head';
    }
    const following = this.#framing(line.charCodeAt(7) === ONE, status, headers);
    this.#sink.head(status, line.slice(13), headers);
    return following;
  }

  /** How long the body is, and what the connection is good for afterwards. */
  #framing(isHttp11: boolean, status: number, headers: RawHeaders): Following {
    const { length, coding, connection, hint } = framingFields(headers);
    this.#keepAlive = letsAnotherFollow(connection, isHttp11);
    this.#keepAliveHintMs = hint === null ? null : hintMs(hint);
    if (length !== null && !LENGTH.test(length)) throw malformed('it has no one length');
    if (coding !== null) {
      if (length !== null) throw malformed('it has a length and a coding');
      if (!isHttp11 || coding.toLowerCase() !== 'chunked') throw malformed('its transfer coding is not chunked');
    }
    if (this.#method === 'HEAD' || status === 204 || status === 304) return 0;
    if (coding !== null) return 'chunked';
    if (length !== null) return Number(length);
    this.#keepAlive = false;
    return 'close';
  }

  begins(text: string): void {
    if (!text.startsWith(VERSION.slice(0, text.length))) throw malformed(NO_HEAD);
  }

  data(chunk: Buffer): void {
    this.#sink.data(chunk);
  }

  end(trailers: RawHeaders): void {
    this.#sink.end(trailers);
  }

  problem(_kind: Problem, what: string): Error {
    return malformed(what);
  }
}

const ONE = 49;

function malformed(what: string): UpstreamFailure {
  return new UpstreamFailure('malformed', `the answer is refused: ${what}`);
}

function hintMs(hint: string): number | null {
  const seconds = /\btimeout\s{0,9}=\s{0,9}"?(\d{1,6})/i.exec(hint)?.[1];
  return seconds === undefined ? null : Number(seconds) * 1000;
}
