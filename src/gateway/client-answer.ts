import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { RawHeaders } from '../contract/calls.ts';
import { BanyanError, type ErrorCode } from '../contract/errors.ts';
import { answerHeaders, FIELD_TEXT, forwardedTrailers, pairsOf, safePhrase, withOurs } from './headers.ts';
import type { Flow } from './leg-request.ts';
import { lingerAtClose } from './linger.ts';
import { errorBody } from './own-answer.ts';
import type { WrittenAnswer } from './telemetry/call-record.ts';

/** How long a client that was cut off, or has all of its answer, may take to read what is left of it. */
const READ_REST_MS = 60_000;

/** Bodies up to this are joined with their heads. */
const ONE_WRITE_BYTES_MAX = 16 * 1024;

type HeldBack = { readonly first: Buffer; readonly flow: Flow };

/** The client's end of a call: an answer is written once, streamed or whole, or the connection is cut. */
export class ClientAnswer implements WrittenAnswer {
  readonly #response: ServerResponse;
  #onGone: (() => void) | null = null;
  #besides: (() => RawHeaders) | null = null;
  #ownError: ErrorCode | null = null;
  #bodyBegun = false;
  /** The first of the body, while its head is not sent either. */
  #heldBack: HeldBack | null = null;
  /** Somebody else answered: the call has nobody to answer to any more. */
  #taken = false;
  /** Whether the end of the connection is the only end that the answer has. */
  #endsByClose = false;

  constructor(response: ServerResponse) {
    this.#response = response;
    // An answer is the upstream's, byte for byte: it brings its own date or none.
    response.sendDate = false;
  }

  get started(): boolean {
    return this.#response.headersSent;
  }

  get status(): number {
    return this.#response.headersSent ? this.#response.statusCode : 0;
  }

  get ownError(): ErrorCode | null {
    return this.#ownError;
  }

  /** Headers that the answer has besides its own; asked for as its head is written. */
  addBesides(besides: () => RawHeaders): void {
    this.#besides = besides;
  }

  /** The answer says so, unless its head is written already. */
  lastOfConnection(): void {
    if (!this.#response.headersSent) this.#response.shouldKeepAlive = false;
  }

  get gone(): boolean {
    return this.#taken || this.#response.destroyed || this.#response.writableFinished;
  }

  /** The connection has closed, or the answer is complete. */
  closed(): void {
    if (!this.#response.writableFinished) this.#onGone?.();
  }

  /** Calls back when the client left before its answer was complete; the last one to ask is told. */
  onGone(callback: () => void): void {
    this.#onGone = callback;
  }

  /** 100: the client may send its body. */
  continue(): void {
    if (!this.#response.headersSent) this.#response.writeContinue();
  }

  /** A head before the head, such as 103; HTTP/1.0 knows none. */
  interim(status: number, headers: RawHeaders): void {
    const { socket, req } = this.#response;
    if (socket === null || this.#response.headersSent || req.httpVersionMinor === 0) return;
    const kept = answerHeaders(headers, status, false);
    if (!kept.every((text) => FIELD_TEXT.test(text))) return;
    const lines = kept.flatMap((name, index) => (index % 2 === 0 ? [`${name}: ${kept[index + 1]}\r\n`] : []));
    socket.write(`HTTP/1.1 ${status} \r\n${lines.join('')}\r\n`, 'latin1');
  }

  /** Throws when Node refuses a header: the upstream's answer is malformed then. */
  head(status: number, statusText: string, headers: RawHeaders): void {
    this.#writeHead(status, statusText, headers);
  }

  #writeHead(status: number, statusText: string, headers: RawHeaders): void {
    const response = this.#response;
    const { req } = response;
    if (isUnread(req)) this.#closeAfter();
    const trailers = req.httpVersionMinor === 1 && req.method !== 'HEAD' && status !== 204 && status !== 304;
    const kept = answerHeaders(headers, status, trailers) as string[];
    const all = this.#besides === null ? kept : (withOurs(kept, this.#besides()) as string[]);
    response.writeHead(status, safePhrase(statusText), all);
    this.#endsByClose = !response.chunkedEncoding && req.httpVersionMinor === 0;
  }

  /** The answer came before the request was whole: what is left of the request must not be taken for the next one. */
  #closeAfter(): void {
    this.#response.shouldKeepAlive = false;
    lingerAtClose(this.#response.socket);
  }

  /**
   * Sends what is there: a streamed answer may pause long before its first byte, and its head must not wait for it. But
   * a body that came in the same packet goes out with its head in one write.
   */
  flush(): void {
    const response = this.#response;
    if (this.#bodyBegun || response.destroyed || response.writableEnded || !response.headersSent) return;
    this.#bodyBegun = true;
    // Not flushHeaders(): that writes UTF-8, and header bytes are latin-1.
    if (this.#heldBack === null) response.write('', 'latin1');
    else this.#write(this.#heldBack.first, this.#heldBack.flow);
  }

  /** Streams a chunk; holds the upstream back while the client is slower. */
  data(chunk: Buffer, flow: Flow): void {
    if (!this.#bodyBegun && this.#heldBack === null && chunk.byteLength <= ONE_WRITE_BYTES_MAX) {
      this.#heldBack = { first: chunk, flow };
      return;
    }
    this.flush();
    this.#write(chunk, flow);
  }

  #write(chunk: Buffer, flow: Flow): void {
    if (this.#response.write(chunk)) return;
    flow.pause();
    this.#response.once('drain', () => flow.resume());
  }

  end(trailers: RawHeaders): void {
    const first = this.#bodyBegun ? null : (this.#heldBack?.first ?? null);
    this.#bodyBegun = true;
    if (trailers.length > 0 && this.#response.chunkedEncoding) this.#addTrailers(forwardedTrailers(trailers));
    this.#endWith(first);
    if (this.#response.writableLength > 0) this.#response.socket?.setTimeout(READ_REST_MS);
  }

  /** As text, a small body is joined with its head: one write instead of two. */
  #endWith(body: Buffer | null): void {
    if (body === null) this.#response.end();
    else if (body.byteLength <= ONE_WRITE_BYTES_MAX) this.#response.end(body.toString('latin1'), 'latin1');
    else this.#response.end(body);
  }

  #addTrailers(raw: RawHeaders): void {
    if (!raw.every((text) => FIELD_TEXT.test(text))) return;
    this.#response.addTrailers(pairsOf(raw));
  }

  /** Head and body at once. The length is ours to say: the body may have been rewritten. */
  whole(status: number, statusText: string, headers: RawHeaders, body: Uint8Array): void {
    this.#writeHead(status, statusText, headers);
    this.#endWith(Buffer.from(body.buffer, body.byteOffset, body.byteLength));
  }

  /** Banyan's own answer. */
  error(error: BanyanError, { close = false } = {}): void {
    if (this.gone) return;
    const body = errorBody(error);
    if (close || isUnread(this.#response.req)) this.#closeAfter();
    this.#ownError = error.code;
    this.#response.sendDate = true;
    for (const [name, value] of pairsOf(this.#besides?.() ?? [])) this.#response.setHeader(name, value);
    this.#response.writeHead(error.status, {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
      ...(error.status === 503 ? { 'retry-after': '1' } : {}),
    });
    this.#response.end(body);
  }

  refuse(code: ErrorCode, message: string, options?: { readonly close: boolean }): void {
    this.error(new BanyanError(code, message), options);
  }

  /** Ends the call for the client's own fault, found while it is under way. */
  takeOver(code: ErrorCode, message: string): void {
    if (this.gone) return;
    if (this.started) this.cut();
    else this.refuse(code, message, { close: true });
    this.#taken = true;
    this.#onGone?.();
  }

  /** What came is delivered, then the connection closes, so that the client sees that its answer is not whole. */
  cut(): void {
    this.flush();
    const { socket } = this.#response;
    if (socket === null) return void this.#response.destroy();
    socket.setTimeout(READ_REST_MS);
    // Where only the end of the connection ends the answer, an orderly end would look like the end of the answer.
    if (this.#endsByClose) socket.write('', () => resetNow(socket));
    else socket.destroySoon();
  }
}

/** Without the end that TLS would tell; only TCP itself can be reset, and a Unix socket can do no more than close. */
function resetNow(socket: Socket): void {
  if (socket instanceof TLSSocket || socket.remoteAddress === undefined) socket.destroy();
  else socket.resetAndDestroy();
}

/** Whether some of the request's body is still to come. */
function isUnread({ complete, headers }: IncomingMessage): boolean {
  return !complete && (headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0');
}
