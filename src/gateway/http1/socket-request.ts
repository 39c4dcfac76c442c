import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import type { RawHeaders } from '../../contract/calls.ts';
import type { ClientRequest } from '../client-request.ts';
import { NO_FIELDS } from './fields.ts';
import type { ParsedHead } from './request-parser.ts';

type Listener = Parameters<EventEmitter['on']>[1];

/** What waits for somebody to listen before the socket is read no further. */
const WAITING_BYTES_MAX = 16 * 1024;

/**
 * A request of HTTP/1 as the rest of the gateway reads it. What comes of its body waits until somebody listens, or asks
 * for it whole; a listener that pauses holds the client back.
 */
export class SocketRequest implements ClientRequest {
  readonly method: string;
  readonly url: string;
  readonly httpVersionMajor: number;
  readonly httpVersionMinor: number;
  readonly rawHeaders: RawHeaders;
  rawTrailers: RawHeaders = NO_FIELDS;
  readonly #socket: Socket;
  /** Most requests are never listened to. */
  #events: EventEmitter | null = null;
  #waiting: Buffer[] = NOTHING;
  #waitingBytes = 0;
  #flowing = false;
  /** All of the body has come. */
  #whole = false;
  /** All of the body was handed over, or none of it is wanted any more. */
  #over = false;
  #destroyed = false;

  constructor(head: ParsedHead, socket: Socket) {
    this.method = head.method;
    this.url = head.url;
    this.httpVersionMajor = head.httpVersionMajor;
    this.httpVersionMinor = head.httpVersionMinor;
    this.rawHeaders = head.rawHeaders;
    this.#socket = socket;
  }

  /** Whether all of the request has come. */
  get whole(): boolean {
    return this.#whole;
  }

  get destroyed(): boolean {
    return this.#destroyed;
  }

  // ── for whoever reads the body ──

  takeWhole(): Buffer | null {
    if (!this.#whole || this.#flowing || this.#over) return null;
    const [first = NO_BYTES, ...more] = this.#waiting;
    this.#over = true;
    this.#waiting = NOTHING;
    return more.length === 0 ? first : Buffer.concat([first, ...more]);
  }

  on(event: string, listener: Listener): this {
    this.#events ??= new EventEmitter();
    this.#events.on(event, listener);
    if (event === 'data') this.resume();
    return this;
  }

  off(event: string, listener: Listener): this {
    this.#events?.off(event, listener);
    return this;
  }

  pause(): void {
    this.#flowing = false;
    if (!this.#whole) this.#socket.pause();
  }

  /** What waits is told a moment later: whoever has just begun to listen may not have said all that it listens to. */
  resume(): void {
    if (this.#flowing || this.#over) return;
    this.#flowing = true;
    if (this.#whole || this.#waiting.length > 0) process.nextTick(this.#tell);
    else this.#socket.resume();
  }

  readonly #tell = (): void => {
    while (this.#flowing && this.#waiting.length > 0) this.#events?.emit('data', this.#waiting.shift());
    if (!this.#flowing || this.#over) return;
    this.#waitingBytes = 0;
    if (this.#whole) this.#ended();
    else this.#socket.resume();
  };

  #ended(): void {
    this.#over = true;
    this.#events?.emit('end');
  }

  // ── for the connection that it comes over ──

  /** Some more of the body. */
  push(chunk: Buffer): void {
    if (this.#flowing && this.#waiting.length === 0) {
      this.#events?.emit('data', chunk);
      return;
    }
    if (this.#waiting === NOTHING) this.#waiting = [];
    this.#waiting.push(chunk);
    this.#waitingBytes += chunk.byteLength;
    if (this.#waitingBytes > WAITING_BYTES_MAX) this.#socket.pause();
  }

  /** All of the body has come. */
  end(trailers: RawHeaders): void {
    this.#whole = true;
    this.rawTrailers = trailers;
    // There is nothing to hold back any more, and that the client leaves is heard of by reading.
    if (this.#socket.isPaused()) this.#socket.resume();
    if (this.#flowing && this.#waiting.length === 0) this.#ended();
  }

  /** The rest of the body will not come, or is not wanted. */
  destroy(): void {
    if (this.#destroyed) return;
    this.#destroyed = true;
    if (this.#over) return;
    this.#over = true;
    this.#waiting = NOTHING;
    if (this.#events === null) return;
    if (this.#events.listenerCount('error') > 0) this.#events.emit('error', new Error('the client left'));
    this.#events.emit('close');
  }
}

const NO_BYTES = Buffer.alloc(0);
const NOTHING: Buffer[] = [];
