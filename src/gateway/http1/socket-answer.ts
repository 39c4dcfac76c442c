import type { Socket } from 'node:net';
import type { RawHeaders } from '../../contract/calls.ts';
import { BanyanError, type ErrorCode } from '../../contract/errors.ts';
import type { ClientEnd } from '../arrival.ts';
import type { Flow } from '../flow.ts';
import { answerHeaders, FIELD_TEXT, safePhrase } from '../headers.ts';
import { rawAnswer } from '../own-answer.ts';
import { fieldLines, lastChunk, writeChunk } from './chunks.ts';
import { isNamed } from './fields.ts';
import type { SocketRequest } from './socket-request.ts';

/** What a connection does for the answer that it carries. */
export type AnswerCarrier = {
  readonly socket: Socket;
  /** Whether another request may follow, as far as the connection knows. */
  readonly keepsAlive: boolean;
  /** All of the answer was written; `last`: it said that the connection ends, or could not say where it itself does. */
  answered(last: boolean): void;
  /** Nothing more is written; `reset`: an orderly end would look like the end of the answer. */
  cut(reset: boolean): void;
};

/** Longer than the usual idle time of load balancers in front, so that they are the ones to close. */
export const KEEP_ALIVE_MS = 65_000;

const KEPT_ALIVE = `Connection: keep-alive\r\nKeep-Alive: timeout=${KEEP_ALIVE_MS / 1000}\r\n`;
const CLOSED = 'Connection: close\r\n';

/** Bodies up to this are written as text, joined with their heads. */
const ONE_WRITE_BYTES_MAX = 16 * 1024;

/** `head`: a head waits for its body. `body`: the head was written. */
type State = 'none' | 'head' | 'body' | 'ended' | 'cut';

/** `none`: there can be no body. `close`: the end of the connection is its end. */
type Framing = 'none' | 'length' | 'chunked' | 'close';

/** The client's end of a call of HTTP/1: an answer is written once, streamed or whole, or the connection is cut. */
export class SocketAnswer implements ClientEnd {
  readonly #carrier: AnswerCarrier;
  readonly #socket: Socket;
  readonly #request: SocketRequest;
  #state: State = 'none';
  #framing: Framing = 'none';
  #last = false;
  /** What is not written yet: the head, and the first of its body. */
  #head = '';
  #first: Buffer | null = null;
  #firstFlow: Flow | null = null;
  /** Who waits until the client has read more. */
  #held: Flow | null = null;
  #onGone: (() => void) | null = null;
  #besides: (() => RawHeaders) | null = null;
  #status = 0;
  #ownError: ErrorCode | null = null;
  /** The client has left, or somebody else answered: the call has nobody to answer to any more. */
  #left = false;

  constructor(request: SocketRequest, carrier: AnswerCarrier) {
    this.#request = request;
    this.#carrier = carrier;
    this.#socket = carrier.socket;
  }

  get started(): boolean {
    return this.#state !== 'none';
  }

  get status(): number {
    return this.#status;
  }

  get ownError(): ErrorCode | null {
    return this.#ownError;
  }

  addBesides(besides: () => RawHeaders): void {
    this.#besides = besides;
  }

  get gone(): boolean {
    return this.#left || this.#state === 'ended' || this.#state === 'cut';
  }

  onGone(callback: () => void): void {
    this.#onGone = callback;
  }

  continue(): void {
    if (this.#mayInform) this.#socket.write('HTTP/1.1 100 Continue\r\n\r\n', 'latin1');
  }

  interim(status: number, headers: RawHeaders): void {
    if (!this.#mayInform) return;
    const kept = answerHeaders(headers, status, false);
    if (kept.every((text) => FIELD_TEXT.test(text)))
      this.#socket.write(`HTTP/1.1 ${status} \r\n${fieldLines(kept)}\r\n`, 'latin1');
  }

  /** HTTP/1.0 knows no head before the head. */
  get #mayInform(): boolean {
    return this.#state === 'none' && !this.#left && this.#request.httpVersionMinor === 1;
  }

  /** Headers are those of a parser that let nothing through that cannot be written. */
  head(status: number, statusText: string, headers: RawHeaders): void {
    if (this.gone) return;
    const isOld = this.#request.httpVersionMinor === 0;
    const bodiless = this.#request.method === 'HEAD' || status === 204 || status === 304;
    const own = answerHeaders(headers, status, !isOld && !bodiless);
    const kept = this.#besides === null ? own : [...own, ...this.#besides()];
    const hasLength = namesLength(kept);
    this.#framing = bodiless ? 'none' : hasLength ? 'length' : isOld ? 'close' : 'chunked';
    this.#last = !this.#mayGoOn || (isOld && !hasLength);
    this.#head =
      `HTTP/1.1 ${status} ${safePhrase(statusText)}\r\n${fieldLines(kept)}${this.#last ? CLOSED : KEPT_ALIVE}` +
      (this.#framing === 'chunked' ? 'Transfer-Encoding: chunked\r\n\r\n' : '\r\n');
    this.#status = status;
    this.#state = 'head';
  }

  /** Where the request is not whole, what is left of it must not be taken for the next one. */
  get #mayGoOn(): boolean {
    return this.#carrier.keepsAlive && this.#request.whole;
  }

  /**
   * Sends what is there: a streamed answer may pause long before its first byte, and its head must not wait for it. But
   * a body that came in the same packet goes out with its head in one write.
   */
  flush(): void {
    if (this.#state !== 'head' || this.#left) return;
    this.#state = 'body';
    this.#write(this.#head + this.#firstText(), this.#firstFlow);
    this.#first = null;
  }

  #firstText(): string {
    return this.#first === null ? '' : this.#framed(this.#first);
  }

  /** A small chunk as text, in its framing. */
  #framed(chunk: Buffer): string {
    const text = chunk.toString('latin1');
    return this.#framing === 'chunked' ? `${chunk.byteLength.toString(16)}\r\n${text}\r\n` : text;
  }

  data(chunk: Buffer, flow: Flow): void {
    if (this.gone || this.#framing === 'none' || chunk.byteLength === 0) return;
    const small = chunk.byteLength <= ONE_WRITE_BYTES_MAX;
    if (this.#state === 'head' && this.#first === null && small) {
      this.#first = chunk;
      this.#firstFlow = flow;
      return;
    }
    this.flush();
    if (small) this.#write(this.#framed(chunk), flow);
    else if (this.#framing === 'chunked') this.#holdIf(!writeChunk(this.#socket, chunk), flow);
    else this.#holdIf(!this.#socket.write(chunk), flow);
  }

  #write(text: string, flow: Flow | null): void {
    this.#holdIf(!this.#socket.write(text, 'latin1'), flow);
  }

  #holdIf(full: boolean, flow: Flow | null): void {
    if (!full || flow === null) return;
    flow.pause();
    this.#held = flow;
  }

  end(trailers: RawHeaders): void {
    if (this.gone || this.#state === 'none') return;
    const lastText = this.#framing === 'chunked' ? lastChunk(trailers) : '';
    const text = this.#state === 'head' ? this.#head + this.#firstText() + lastText : lastText;
    if (text !== '') this.#socket.write(text, 'latin1');
    this.#ended();
  }

  #ended(): void {
    this.#state = 'ended';
    this.#first = null;
    this.#carrier.answered(this.#last);
  }

  whole(status: number, statusText: string, headers: RawHeaders, body: Uint8Array, trailers: RawHeaders = []): void {
    this.head(status, statusText, headers);
    if (body.byteLength > 0) this.data(Buffer.from(body.buffer, body.byteOffset, body.byteLength), NO_FLOW);
    this.end(trailers);
  }

  error(error: BanyanError, { close = false } = {}): void {
    if (this.gone) return;
    if (this.started) {
      this.cut();
      return;
    }
    this.#status = error.status;
    this.#ownError = error.code;
    this.#last = close || !this.#mayGoOn;
    const fields = fieldLines(this.#besides?.() ?? []) + (this.#last ? CLOSED : KEPT_ALIVE);
    this.#socket.write(rawAnswer(error, { fields, body: this.#request.method !== 'HEAD' }));
    this.#ended();
  }

  refuse(code: ErrorCode, message: string, options?: { readonly close?: boolean }): void {
    this.error(new BanyanError(code, message), options);
  }

  cut(): void {
    if (this.#state === 'cut' || this.#state === 'ended') return;
    this.flush();
    this.#state = 'cut';
    this.#carrier.cut(this.#framing === 'close');
  }

  // ── for the connection ──

  /** Ends the call for the client's own fault, found while it is under way. */
  takeOver(error: BanyanError): void {
    if (this.gone) return;
    if (this.started) this.cut();
    else this.error(error, { close: true });
    this.#left = true;
    this.#onGone?.();
  }

  /** The client has left, and may have all of its answer. */
  left(): void {
    if (this.#left) return;
    this.#left = true;
    if (this.#state !== 'ended') this.#onGone?.();
  }

  /** The client has read what was written. */
  drained(): void {
    const flow = this.#held;
    this.#held = null;
    flow?.resume();
  }
}

const NO_FLOW: Flow = { pause: () => undefined, resume: () => undefined };

function namesLength(headers: RawHeaders): boolean {
  for (let index = 0; index < headers.length; index += 2) {
    if (isNamed(headers[index] ?? '', 'content-length')) return true;
  }
  return false;
}
