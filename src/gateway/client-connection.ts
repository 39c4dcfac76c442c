import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { BanyanError } from '../contract/errors.ts';
import type { Arrival } from './arrival.ts';
import { ClientAnswer } from './client-answer.ts';
import type { Peer } from './forwarding.ts';
import { lingerAtClose } from './linger.ts';
import { rawAnswer } from './own-answer.ts';

/** Pipelined requests that wait on one connection before it is read no further. */
const PIPELINED_MAX = 32;

/**
 * One client's connection. Its requests are served one after the other, in order: only safe ones could be served side
 * by side (RFC 9112 §9.3.2). What is malformed is answered in its turn too, and ends the connection.
 */
export class ClientConnection {
  readonly peer: Peer;
  readonly #socket: Socket;
  /** A handshake of TLS has been read by now. */
  readonly #bytesBefore: number;
  readonly #serve: (arrival: Arrival) => void;
  readonly #waiting: (readonly [IncomingMessage, ServerResponse])[] = [];
  #current: ClientAnswer | null = null;
  #currentRequest: IncomingMessage | null = null;
  #refusal: BanyanError | null = null;
  #onIdle: (() => void) | null = null;
  #taken = false;

  constructor(socket: Socket, peer: Peer, serve: (arrival: Arrival) => void) {
    this.#socket = socket;
    this.#bytesBefore = socket.bytesRead;
    this.peer = peer;
    this.#serve = serve;
  }

  /** Whether an answer is under way. */
  get busy(): boolean {
    return this.#current !== null;
  }

  /** Whether nothing was ever asked. */
  get silent(): boolean {
    return !this.#taken && this.#socket.bytesRead === this.#bytesBefore;
  }

  /** No answer whose head is not written yet promises to keep the connection. */
  lastAnswers(): void {
    this.#current?.lastOfConnection();
    for (const [, response] of this.#waiting) response.shouldKeepAlive = false;
  }

  /** Called after each answer that leaves the connection idle. */
  onIdle(callback: () => void): void {
    this.#onIdle = callback;
  }

  take(request: IncomingMessage, response: ServerResponse): void {
    // What comes behind the last answer of a connection is not served (RFC 9112 §9.6).
    if (!this.#socket.writable) return;
    this.#taken = true;
    if (this.#current === null) {
      this.#begin(request, response);
      return;
    }
    this.#waiting.push([request, response]);
    if (this.#waiting.length >= PIPELINED_MAX) this.#socket.pause();
  }

  #begin(request: IncomingMessage, response: ServerResponse): void {
    const client = new ClientAnswer(response);
    this.#current = client;
    this.#currentRequest = request;
    response.on('close', () => {
      client.closed();
      this.#next();
    });
    this.#serve({ request, client, peer: this.peer });
  }

  #next(): void {
    this.#current = null;
    this.#currentRequest = null;
    if (!this.#socket.writable) this.#waiting.length = 0;
    const next = this.#waiting.shift();
    if (next !== undefined) {
      if (this.#socket.isPaused()) this.#socket.resume();
      this.#begin(...next);
    } else if (this.#refusal !== null) this.#end(this.#refusal);
    // For Node, the connection is idle a moment later.
    else if (this.#onIdle !== null) setImmediate(this.#onIdle);
  }

  /** What came can be read no further. A request that is under way and not whole is part of it. */
  refuse(refusal: BanyanError): void {
    if (this.#refusal !== null) return;
    this.#refusal = refusal;
    if (this.#current === null) this.#end(refusal);
    else if (this.#currentRequest?.complete === false) this.#current.takeOver(refusal.code, refusal.message);
  }

  #end(refusal: BanyanError): void {
    // Its last answer was written, and it is read on so that the client can read that: see linger.ts.
    if (!this.#socket.writable) return;
    lingerAtClose(this.#socket);
    this.#socket.write(rawAnswer(refusal));
    this.#socket.destroySoon();
  }
}
