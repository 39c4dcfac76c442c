import type { ServerResponse } from 'node:http';
import type { RawHeaders } from '../contract/calls.ts';
import { BanyanError, type ErrorCode } from '../contract/errors.ts';
import { answerHeaders } from './headers.ts';
import type { Flow } from './leg.ts';

/** A reason phrase holds tabs, spaces, visible and obs-text characters (RFC 9112 §4); Node throws on others. */
const REASON_PHRASE = /^[\t\x20-\x7e\x80-\xff]*$/;

/** Node writes a head that is flushed alone as UTF-8, not as latin-1, so a head with other bytes waits for its body. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: the range is ASCII
const ASCII = /^[\x00-\x7f]*$/;

/** The client's end of a call: an answer is written once, streamed or whole, or the connection is cut. */
export class ClientAnswer {
  readonly #response: ServerResponse;
  #bodyBegun = false;

  constructor(response: ServerResponse) {
    this.#response = response;
    // An answer is the upstream's, byte for byte: it brings its own date or none.
    response.sendDate = false;
  }

  get started(): boolean {
    return this.#response.headersSent;
  }

  get gone(): boolean {
    return this.#response.destroyed || this.#response.writableFinished;
  }

  /** Calls back when the client left before its answer was complete. */
  onGone(callback: () => void): void {
    this.#response.on('close', () => {
      if (!this.#response.writableFinished) callback();
    });
  }

  /** Throws when Node refuses a header: the upstream's answer is malformed then. */
  head(status: number, statusText: string, headers: RawHeaders): void {
    this.#response.writeHead(status, safePhrase(statusText), answerHeaders(headers) as string[]);
    // A streamed answer may pause long before its first byte, and its head must not wait for it; but a body that
    // came in the same packet goes out with its head in one write.
    if (ASCII.test(headers.join(''))) process.nextTick(() => this.#flushHead());
  }

  #flushHead(): void {
    if (!this.#bodyBegun && !this.#response.destroyed) this.#response.flushHeaders();
  }

  /** Streams a chunk; holds the upstream back while the client is slower. */
  data(chunk: Uint8Array, flow: Flow): void {
    this.#bodyBegun = true;
    if (this.#response.write(chunk)) return;
    flow.pause();
    this.#response.once('drain', () => flow.resume());
  }

  end(): void {
    this.#bodyBegun = true;
    this.#response.end();
  }

  /** Head and body at once. The length is ours to say: the body may have been rewritten. */
  whole(status: number, statusText: string, headers: RawHeaders, body: Uint8Array): void {
    this.#response.writeHead(status, safePhrase(statusText), answerHeaders(headers) as string[]);
    this.#response.end(body);
  }

  /** Banyan's own answer. */
  error(error: BanyanError): void {
    const { status } = error;
    this.#response.sendDate = true;
    this.#response.writeHead(status, {
      'content-type': 'application/json',
      // What was left unread of the request would be taken for the next one.
      ...(this.#response.req.complete ? {} : { connection: 'close' }),
      ...(status === 503 ? { 'retry-after': '1' } : {}),
    });
    this.#response.end(errorBody(error));
  }

  refuse(code: ErrorCode, message: string): void {
    this.error(new BanyanError(code, message));
  }

  /** Cuts the connection, so that the client sees that its answer is not whole. */
  cut(): void {
    this.#response.destroy();
  }
}

export function safePhrase(statusText: string): string {
  return REASON_PHRASE.test(statusText) ? statusText : '';
}

/** The body of Banyan's own answer, JSON. */
export function errorBody({ code, message, hint }: BanyanError): string {
  return JSON.stringify({ error: { code, message, hint } });
}
