import type { RawHeaders } from '../../contract/calls.ts';
import { fieldOf, isNamed, NO_FIELDS } from './fields.ts';

/**
 * What follows a head: as many bytes, chunks, all that comes until the connection ends, or another head. Behind what is
 * `unreadable`, nothing is understood any more, and what comes is thrown away.
 */
export type Following = number | 'chunked' | 'close' | 'head' | 'unreadable';

/** What can be wrong with bytes, apart from what a head says. */
export type Problem = 'syntax' | 'head too long' | 'chunk line too long';

/** Hears a message, in order: `head+ data* end`. */
export type MessageSink = {
  /** The head without its empty line, latin-1; gives what follows it. */
  readonly head: (text: string) => Following;
  readonly data: (chunk: Buffer) => void;
  readonly end: (trailers: RawHeaders) => void;
  /** Hears the first bytes of a head that is not whole, latin-1, and may throw: its sender may wait for an answer. */
  readonly begins?: (text: string) => void;
  /** The error to throw. */
  readonly problem: (kind: Problem, what: string) => Error;
};

/** What comes next. `none`: no message is expected. */
type State = 'none' | 'head' | 'length' | 'close' | 'unreadable' | 'chunk size' | 'chunk' | 'chunk end' | 'trailers';

export type ReaderOptions = {
  /** Of a head, and of a trailer section. */
  readonly headBytesMax: number;
  /** A line with a chunk's size, whose digits it captures: at most 13, which are exact as a number. */
  readonly chunkLine: RegExp;
};

const CHUNK_LINE_BYTES_MAX = 4096;

/** What a connection keeps in hand for heads and lines that come in pieces. */
const KEPT_BYTES_MIN = 1024;
const KEPT_BYTES_LASTING = 16 * 1024;

const NO_BYTES = Buffer.alloc(0);

/**
 * Finds the parts of one HTTP/1.1 message in bytes that were cut into chunks anywhere. What a head means is its sink's
 * business; where a body ends is decided here, for requests and answers alike.
 */
export class MessageReader {
  readonly #sink: MessageSink;
  readonly #headBytesMax: number;
  readonly #chunkLine: RegExp;
  #state: State = 'none';
  /** What came of a line or a head that is not whole yet: the first bytes of a buffer that grows. */
  #kept: Buffer = NO_BYTES;
  #keptBytes = 0;
  /** The line or the head that was taken last. */
  #text = '';
  /** Of the body, or of the chunk. */
  #bytesLeft = 0;
  #trailers: string[] = [];
  #trailerBytes = 0;

  constructor(sink: MessageSink, { headBytesMax, chunkLine }: ReaderOptions) {
    this.#sink = sink;
    this.#headBytesMax = headBytesMax;
    this.#chunkLine = chunkLine;
  }

  get idle(): boolean {
    return this.#state === 'none';
  }

  /** Whether a head is expected of which no byte has come. */
  get untouched(): boolean {
    return this.#state === 'head' && this.#keptBytes === 0;
  }

  /** Whether the end of the connection is the end of the message. */
  get endsByClose(): boolean {
    return this.#state === 'close';
  }

  /** A message is to come. */
  expect(): void {
    this.#state = 'head';
  }

  /**
   * Reads up to the end of the message; gives where that is, or the end of the chunk.
   * @throws what the sink makes of a problem: the connection is of no use any more
   */
  feed(chunk: Buffer, from: number): number {
    let at = from;
    while (at < chunk.byteLength && this.#state !== 'none') at = this.#step(chunk, at);
    return at;
  }

  /** The connection has ended where that ends the message. */
  closed(): void {
    this.#end(NO_FIELDS);
  }

  /** Reads on at `at`; gives where the next step begins. */
  #step(chunk: Buffer, at: number): number {
    switch (this.#state) {
      case 'head':
        return this.#readHead(chunk, at);
      case 'length':
      case 'chunk':
        return this.#readBytes(chunk, at);
      case 'close':
        this.#sink.data(at === 0 ? chunk : chunk.subarray(at));
        return chunk.byteLength;
      case 'none':
      case 'unreadable':
        return chunk.byteLength;
      case 'chunk size':
      case 'chunk end':
      case 'trailers':
        return this.#readLine(chunk, at);
    }
  }

  #readHead(chunk: Buffer, at: number): number {
    const next = this.#take(chunk, at, '\r\n\r\n', this.#headBytesMax);
    if (next === TOO_LONG) throw this.#tooLong('head');
    if (next === NOT_YET) {
      this.#sink.begins?.(this.#kept.toString('latin1', 0, Math.min(this.#keptBytes, BEGINNING_BYTES)));
      return chunk.byteLength;
    }
    this.#follow(this.#sink.head(this.#text));
    return next;
  }

  #tooLong(part: string): Error {
    return this.#sink.problem('head too long', `its ${part} is longer than ${this.#headBytesMax} bytes`);
  }

  #follow(following: Following): void {
    if (typeof following === 'number') {
      this.#bytesLeft = following;
      if (following === 0) this.#end(NO_FIELDS);
      else this.#state = 'length';
    } else this.#state = following === 'chunked' ? 'chunk size' : following;
  }

  #readBytes(chunk: Buffer, at: number): number {
    const until = Math.min(chunk.byteLength, at + this.#bytesLeft);
    this.#bytesLeft -= until - at;
    this.#sink.data(at === 0 && until === chunk.byteLength ? chunk : chunk.subarray(at, until));
    if (this.#bytesLeft > 0) return until;
    if (this.#state === 'chunk') this.#state = 'chunk end';
    else this.#end(NO_FIELDS);
    return until;
  }

  #readLine(chunk: Buffer, at: number): number {
    const isTrailer = this.#state === 'trailers';
    const next = this.#take(chunk, at, '\r\n', isTrailer ? this.#headBytesMax : CHUNK_LINE_BYTES_MAX);
    if (next === TOO_LONG) {
      if (isTrailer) throw this.#tooLong('trailer section');
      throw this.#sink.problem('chunk line too long', 'a line of its chunks is too long');
    }
    if (next === NOT_YET) return chunk.byteLength;
    if (isTrailer) this.#trailerLine(this.#text);
    else if (this.#state === 'chunk size') this.#chunkSize(this.#text);
    else this.#chunkEnd(this.#text);
    return next;
  }

  #chunkSize(line: string): void {
    const digits = this.#chunkLine.exec(line)?.[1];
    if (digits === undefined) throw this.#sink.problem('syntax', 'a chunk has no size');
    this.#bytesLeft = Number.parseInt(digits, 16);
    this.#state = this.#bytesLeft === 0 ? 'trailers' : 'chunk';
  }

  #chunkEnd(line: string): void {
    if (line !== '') throw this.#sink.problem('syntax', 'a chunk is longer than its size');
    this.#state = 'chunk size';
  }

  #trailerLine(line: string): void {
    if (line === '') {
      const trailers = this.#trailers;
      this.#trailers = [];
      this.#trailerBytes = 0;
      this.#end(trailers.length === 0 ? NO_FIELDS : trailers);
      return;
    }
    const field = fieldOf(line);
    if (field === null) throw this.#sink.problem('syntax', 'its trailers are no fields');
    if (isFraming(field[0])) throw this.#sink.problem('syntax', 'its trailers frame it anew');
    this.#trailerBytes += line.length + 2;
    if (this.#trailerBytes > this.#headBytesMax) throw this.#tooLong('trailer section');
    this.#trailers.push(...field);
  }

  #end(trailers: RawHeaders): void {
    this.#state = 'none';
    this.#sink.end(trailers);
  }

  /**
   * Takes what ends in a mark, and leaves it in `#text` without the mark; gives where the next begins, or why there is
   * none yet. Each byte is looked at once, however many pieces it comes in.
   */
  #take(chunk: Buffer, at: number, mark: string, bytesMax: number): number {
    if (this.#keptBytes > 0) return this.#takeKept(chunk, at, mark, bytesMax);
    const end = chunk.indexOf(mark, at, 'latin1');
    if (end === -1) {
      this.#keep(chunk, at, mark, bytesMax);
      return this.#awaitMark(0, mark, bytesMax);
    }
    if (end - at > bytesMax) return TOO_LONG;
    this.#text = chunk.toString('latin1', at, end);
    return end + mark.length;
  }

  #takeKept(chunk: Buffer, at: number, mark: string, bytesMax: number): number {
    const before = this.#keptBytes;
    this.#keep(chunk, at, mark, bytesMax);
    const searched = Math.max(0, before - mark.length + 1);
    const end = this.#kept.subarray(0, this.#keptBytes).indexOf(mark, searched, 'latin1');
    if (end === -1) return this.#awaitMark(before, mark, bytesMax);
    // Up to the mark only: what is behind it is a body, or another line.
    this.#checkLineEnds(before, end);
    if (end > bytesMax) return TOO_LONG;
    this.#text = this.#kept.toString('latin1', 0, end);
    this.#keptBytes = 0;
    if (this.#kept.byteLength > KEPT_BYTES_LASTING) this.#kept = NO_BYTES;
    return at + end + mark.length - before;
  }

  /** Keeps what came, up to the limit and its mark. */
  #keep(chunk: Buffer, at: number, mark: string, bytesMax: number): void {
    const before = this.#keptBytes;
    const until = Math.min(chunk.byteLength, at + bytesMax + mark.length - before);
    const needed = before + until - at;
    if (needed > this.#kept.byteLength) this.#grow(needed);
    chunk.copy(this.#kept, before, at, until);
    this.#keptBytes = needed;
  }

  /** The mark is not there yet. */
  #awaitMark(before: number, mark: string, bytesMax: number): number {
    this.#checkLineEnds(before, this.#keptBytes);
    return this.#keptBytes >= bytesMax + mark.length ? TOO_LONG : NOT_YET;
  }

  #grow(bytes: number): void {
    const grown = Buffer.allocUnsafeSlow(Math.max(KEPT_BYTES_MIN, 2 * this.#kept.byteLength, bytes));
    this.#kept.copy(grown, 0, 0, this.#keptBytes);
    this.#kept = grown;
  }

  /** With lines that end in LF alone, the mark would never come. Looks at the bytes from `before` on. */
  #checkLineEnds(before: number, until: number): void {
    const kept = this.#kept;
    for (let index = before; index < until; index += 1) {
      if (kept[index] === LF && kept[index - 1] !== CR) throw this.#sink.problem('syntax', 'a line ends in LF alone');
    }
  }
}

const CR = 13;
const LF = 10;

/** How much of a head tells what language it is in. */
const BEGINNING_BYTES = 32;

/** Of `#take`, in place of where the next begins. */
const NOT_YET = -1;
const TOO_LONG = -2;

function isFraming(name: string): boolean {
  return isNamed(name, 'content-length') || isNamed(name, 'transfer-encoding');
}
