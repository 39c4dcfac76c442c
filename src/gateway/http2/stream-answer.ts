import { constants, type OutgoingHttpHeaders, type ServerHttp2Stream } from 'node:http2';
import type { RawHeaders } from '../../contract/calls.ts';
import { BanyanError, type ErrorCode } from '../../contract/errors.ts';
import type { ClientEnd } from '../arrival.ts';
import type { Flow } from '../flow.ts';
import { answerHeaders, FIELD_TEXT, forwardedTrailers } from '../headers.ts';
import { errorBody } from '../own-answer.ts';
import { readRestMs } from '../read-rest.ts';
import type { StreamRequest } from './stream-request.ts';

const NOTHING = Buffer.alloc(0);

/**
 * The client's end of a call that came on a stream of HTTP/2: an answer is written once, streamed or whole, or the stream
 * is reset, and the other streams of its connection never hear of it.
 */
export class StreamAnswer implements ClientEnd {
  readonly #stream: ServerHttp2Stream;
  readonly #request: StreamRequest | null;
  #onGone: (() => void) | null = null;
  #besides: (() => RawHeaders) | null = null;
  #ownError: ErrorCode | null = null;
  #status = 0;
  #trailers: RawHeaders = [];
  /** Somebody else answered: the call has nobody to answer to any more. */
  #taken = false;
  /** All of the answer was written. */
  #ended = false;
  #cut = false;
  /** Who waits until the client has read more. */
  #held: Flow | null = null;
  /** Node asks us for the end of the stream. */
  #sendsEnd = false;

  /** @param request `null` when its head could not even be translated */
  constructor(stream: ServerHttp2Stream, request: StreamRequest | null) {
    this.#stream = stream;
    this.#request = request;
    // 'close' follows and says the same.
    stream.on('error', () => undefined);
    stream.on('aborted', () => this.#left());
    stream.on('close', () => this.#left());
    stream.on('wantTrailers', () => this.#finish());
  }

  #left(): void {
    if (!this.#ended || this.#stream.rstCode !== constants.NGHTTP2_NO_ERROR) this.#onGone?.();
  }

  /** Whether the stream was reset, and not by us, before its answer was whole. */
  get abandoned(): boolean {
    return !this.#cut && (!this.#ended || this.#stream.rstCode !== constants.NGHTTP2_NO_ERROR);
  }

  get started(): boolean {
    return this.#stream.headersSent;
  }

  get status(): number {
    return this.#stream.headersSent ? this.#status : 0;
  }

  get ownError(): ErrorCode | null {
    return this.#ownError;
  }

  addBesides(besides: () => RawHeaders): void {
    this.#besides = besides;
  }

  get gone(): boolean {
    return this.#taken || this.#isClosed || (this.#ended && this.#stream.writableFinished);
  }

  get #isClosed(): boolean {
    return this.#stream.closed || this.#stream.destroyed;
  }

  onGone(callback: () => void): void {
    this.#onGone = callback;
  }

  continue(): void {
    this.interim(100, []);
  }

  interim(status: number, headers: RawHeaders): void {
    if (this.#isClosed || this.started) return;
    const kept = answerHeaders(headers, status, false);
    // There is no 101 in HTTP/2 (RFC 9113 §8.6).
    if (status === 101 || !kept.every((text) => FIELD_TEXT.test(text))) return;
    try {
      this.#stream.additionalHeaders({ ...fields(kept), ':status': status });
    } catch {
      // A hint that Node will not write is no loss: the answer is still to come.
    }
  }

  /** Throws when a header cannot be written: the upstream's answer is malformed then. */
  head(status: number, _statusText: string, headers: RawHeaders): void {
    // Node ends a stream in good order before it resets it, unless the end is for us to send. So it is.
    this.#respond(status, headers, !this.#hasNoBody(status));
  }

  #respond(status: number, headers: RawHeaders, waitForTrailers: boolean): void {
    if (this.#isClosed) return;
    const kept = answerHeaders(headers, status, false);
    if (!kept.every((text) => FIELD_TEXT.test(text))) throw new TypeError('Invalid character in a header');
    const all = this.#besides === null ? kept : [...kept, ...this.#besides()];
    this.#status = status;
    // An answer is the upstream's: it brings its own date or none. Node's types do not know the option.
    this.#sendsEnd = waitForTrailers;
    const options = { sendDate: false, waitForTrailers };
    respondWith(this.#stream, { ...fields(all), ':status': status }, options);
  }

  #hasNoBody(status: number): boolean {
    return this.#request?.method === 'HEAD' || status === 204 || status === 205 || status === 304;
  }

  /** All data of a streamed answer has gone out, or the stream is being cut: then it has no end. */
  #finish(): void {
    if (this.#cut || !this.#ended || this.#isClosed) return;
    try {
      this.#stream.sendTrailers(fields(this.#trailers));
    } catch {
      // Trailers that Node will not write: the answer is not whole without them.
      this.#stream.close(constants.NGHTTP2_INTERNAL_ERROR);
    }
    if (!this.#isUploaded) setImmediate(() => this.#stream.close(constants.NGHTTP2_NO_ERROR));
  }

  /** Heads go out at the end of the turn, with what came of the body by then: nghttp2 joins them. */
  flush(): void {}

  /** Streams a chunk; holds the upstream back while the client is slower. */
  data(chunk: Buffer, flow: Flow): void {
    // Node ends the streams of answers without a body, whatever the upstream sends.
    if (this.#isClosed || this.#stream.writableEnded || this.#stream.write(chunk)) return;
    flow.pause();
    // One packet of an upstream may hold thousands of chunks.
    if (this.#held === null) this.#stream.once('drain', () => this.#drained());
    this.#held = flow;
  }

  #drained(): void {
    const flow = this.#held;
    this.#held = null;
    flow?.resume();
  }

  end(trailers: RawHeaders): void {
    this.#keep(trailers);
    this.#end();
  }

  #keep(trailers: RawHeaders): void {
    if (trailers.every((text) => FIELD_TEXT.test(text))) this.#trailers = forwardedTrailers(trailers);
  }

  whole(status: number, _statusText: string, headers: RawHeaders, body: Uint8Array, trailers: RawHeaders = []): void {
    this.#keep(trailers);
    this.#respond(status, headers, this.#trailers.length > 0 && !this.#hasNoBody(status));
    this.#end(body);
  }

  #end(body: Uint8Array = NOTHING): void {
    this.#ended = true;
    if (this.#isClosed) return;
    if (!this.#stream.writableEnded) this.#stream.end(body);
    this.#awaitReader(constants.NGHTTP2_CANCEL);
    this.#stopUpload();
  }

  /** What is left of the request is not wanted; a reset without an error says so, behind the end of the answer (RFC 9113 §8.1). */
  #stopUpload(): void {
    if (this.#isUploaded || this.#sendsEnd) return;
    const stop = () => this.#stream.close(constants.NGHTTP2_NO_ERROR);
    this.#stream.once('finish', () => setImmediate(stop));
  }

  get #isUploaded(): boolean {
    return this.#stream.endAfterHeaders || this.#request?.whole === true;
  }

  /** Banyan's own answer. */
  error(error: BanyanError): void {
    if (this.gone || this.#stream.headersSent) return;
    const body = Buffer.from(errorBody(error));
    this.#ownError = error.code;
    this.#status = error.status;
    this.#stream.respond({
      ...fields(this.#besides?.() ?? []),
      ':status': error.status,
      'content-type': 'application/json',
      'content-length': body.byteLength,
      ...(error.status === 503 ? { 'retry-after': '1' } : {}),
    });
    this.#end(body);
  }

  refuse(code: ErrorCode, message: string): void {
    this.error(new BanyanError(code, message));
  }

  /** Ends the call for the client's own fault, found while it is under way. */
  takeOver(code: ErrorCode, message: string): void {
    if (this.gone) return;
    if (this.started) this.cut();
    else this.refuse(code, message);
    this.#taken = true;
    this.#onGone?.();
  }

  /** What came is delivered, then the stream is reset, so that the client sees that its answer is not whole. */
  cut(): void {
    if (this.#cut || this.#isClosed) return;
    this.#cut = true;
    const reset = () => this.#stream.close(constants.NGHTTP2_INTERNAL_ERROR);
    if (!this.#stream.headersSent || this.#stream.writableEnded) {
      reset();
      return;
    }
    this.#awaitReader(constants.NGHTTP2_INTERNAL_ERROR);
    this.#stream.write(NOTHING, reset);
  }

  /** However slowly the client reads: a stream that moves a little is no reason to keep it for ever. */
  #awaitReader(code: number): void {
    const unread = setTimeout(() => this.#stream.close(code), readRestMs(this.#stream.writableLength));
    this.#stream.once('close', () => clearTimeout(unread));
  }
}

/** Said of a header that may have one value only, on a Node that cannot be told to take what the upstream wrote: 22. */
const SINGLE_VALUE = /^Header field "([^"]{1,200})" must only have a single value/;

/** Where Node will not repeat a header, its first value is what the client gets. */
function respondWith(stream: ServerHttp2Stream, headers: OutgoingHttpHeaders, options: object): void {
  for (;;) {
    try {
      stream.respond(headers, options);
      return;
    } catch (error) {
      const [, name = ''] = SINGLE_VALUE.exec((error as Error).message) ?? [];
      const values = headers[name];
      if (!Array.isArray(values) || values.length < 2) throw error;
      headers[name] = values[0];
    }
  }
}

/** Names in lower case, in the order of their first place; values of one name in theirs. */
function fields(raw: RawHeaders): OutgoingHttpHeaders {
  const values: Record<string, string[]> = Object.create(null);
  for (let index = 0; index < raw.length; index += 2) {
    const name = (raw[index] ?? '').toLowerCase();
    const value = raw[index + 1] ?? '';
    const before = values[name];
    if (before === undefined) values[name] = [value];
    else before.push(value);
  }
  return values;
}
