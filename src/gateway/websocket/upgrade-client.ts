import { type IncomingMessage, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { RawHeaders } from '../../contract/calls.ts';
import type { BanyanError, ErrorCode } from '../../contract/errors.ts';
import { headerValue } from '../../wire/headers.ts';
import { answerHeaders, safePhrase } from '../headers.ts';
import { dateNow, errorBody } from '../own-answer.ts';
import type { WrittenAnswer } from '../telemetry/call-record.ts';
import { cutLater, endSoon } from './end-soon.ts';
import { WEBSOCKET_VERSION } from './handshake.ts';

/**
 * The client's end of an upgrade: a bare socket on which one answer is written. What the client sends before it has
 * its answer stays in the socket's own buffer, which is bounded, and is the first that the upstream gets.
 */
export class UpgradeClient implements WrittenAnswer {
  readonly socket: Socket;
  #besides: (() => RawHeaders) | null = null;
  #status = 0;
  #ownError: ErrorCode | null = null;

  /** @param head what came in the same packet as the handshake */
  constructor(socket: Socket, head: Buffer) {
    this.socket = socket;
    // 'close' follows and says the same.
    socket.on('error', () => undefined);
    if (head.byteLength > 0) socket.unshift(head);
  }

  get status(): number {
    return this.#status;
  }

  get ownError(): ErrorCode | null {
    return this.#ownError;
  }

  /** Headers that the answer has besides its own; asked for as its head is written. */
  addBesides(besides: () => RawHeaders): void {
    this.#besides = besides;
  }

  get gone(): boolean {
    return this.socket.destroyed || this.socket.readableEnded;
  }

  /** Calls back when the client leaves; gives a function that stops listening. */
  onGone(callback: () => void): () => void {
    this.socket.on('end', callback);
    this.socket.on('close', callback);
    return () => {
      this.socket.off('end', callback);
      this.socket.off('close', callback);
    };
  }

  switched(statusText: string, headers: RawHeaders): void {
    this.#head(101, statusText, [
      ...answerHeaders(headers, 101, false),
      'connection',
      'Upgrade',
      'upgrade',
      'websocket',
    ]);
  }

  /** Passes on an answer that is no 101. One that breaks off is seen to break off. */
  async relay(response: IncomingMessage, idleMs: number): Promise<void> {
    response.setTimeout(idleMs, () => response.destroy());
    this.socket.setTimeout(idleMs, () => this.socket.destroy());
    const status = response.statusCode ?? 0;
    const headers = answerHeaders(response.rawHeaders, status, false);
    const chunked = !hasNoBody(status) && headerValue(headers, 'content-length') === undefined;
    const framing = chunked ? ['transfer-encoding', 'chunked'] : [];
    this.#head(status, response.statusMessage ?? '', [...headers, ...framing, 'connection', 'close']);
    try {
      if (chunked) await pipeline(response, chunks(), this.socket);
      else await pipeline(response, this.socket);
      cutLater(this.socket);
      this.socket.resume();
    } catch {
      // Either end broke off: the other shall see that.
      this.socket.destroy();
    }
  }

  /** Banyan's own answer. */
  error(error: BanyanError): void {
    this.#ownError = error.code;
    const body = errorBody(error);
    const length = String(Buffer.byteLength(body));
    const headers = ['content-type', 'application/json', 'content-length', length, 'date', dateNow()];
    this.#head(error.status, '', [...headers, ...besides(error.status)]);
    this.socket.write(body);
    endSoon(this.socket);
  }

  #head(status: number, statusText: string, own: RawHeaders): void {
    this.#status = status;
    const headers = this.#besides === null ? own : [...own, ...this.#besides()];
    const lines = [`HTTP/1.1 ${status} ${safePhrase(statusText) || STATUS_CODES[status] || ''}`];
    for (let index = 0; index < headers.length; index += 2) lines.push(`${headers[index]}: ${headers[index + 1]}`);
    this.socket.write(`${lines.join('\r\n')}\r\n\r\n`, 'latin1');
  }
}

function besides(status: number): RawHeaders {
  // RFC 9110 §15.5.22: it says what to upgrade to.
  if (status === 426) {
    return ['connection', 'Upgrade, close', 'upgrade', 'websocket', 'sec-websocket-version', WEBSOCKET_VERSION];
  }
  return ['connection', 'close', ...(status === 503 ? ['retry-after', '1'] : [])];
}

function hasNoBody(status: number): boolean {
  return status === 204 || status === 304;
}

/** Frames a body whose length nobody said (RFC 9112 §7.1), so that its end can be told from a break. */
function chunks(): Transform {
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      this.push(`${chunk.byteLength.toString(16)}\r\n`);
      this.push(chunk);
      done(null, '\r\n');
    },
    flush(done) {
      done(null, '0\r\n\r\n');
    },
  });
}
