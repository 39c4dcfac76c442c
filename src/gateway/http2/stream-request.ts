import { EventEmitter } from 'node:events';
import type { ServerHttp2Stream } from 'node:http2';
import type { RawHeaders } from '../../contract/calls.ts';
import type { ClientRequest } from '../client-request.ts';
import type { TranslatedHead } from './translate-head.ts';

type Listener = Parameters<EventEmitter['on']>[1];

/** A request that came on a stream of HTTP/2, as the rest of the gateway reads requests. */
export class StreamRequest extends EventEmitter implements ClientRequest {
  readonly method: string;
  readonly url: string;
  readonly rawHeaders: RawHeaders;
  /** Of the words that the head is told in. */
  readonly httpVersionMajor = 1;
  readonly httpVersionMinor = 1;
  rawTrailers: RawHeaders = [];
  readonly #stream: ServerHttp2Stream;
  #whole: boolean;

  constructor(stream: ServerHttp2Stream, { method, url, rawHeaders }: TranslatedHead) {
    super();
    this.method = method;
    this.url = url;
    this.rawHeaders = rawHeaders;
    this.#stream = stream;
    this.#whole = stream.endAfterHeaders;
    // Node gives the trailers' raw form as it does the head's; its types do not say so.
    stream.on('trailers', (...[, , raw]: unknown[]) => {
      this.rawTrailers = raw as RawHeaders;
    });
    stream.on('end', () => this.#ended());
    stream.on('aborted', () => this.#cut());
    stream.on('close', () => this.emit('close'));
  }

  /** Whether all of the body has come and was read. */
  get whole(): boolean {
    return this.#whole;
  }

  get destroyed(): boolean {
    return this.#stream.destroyed;
  }

  /** A stream that was reset with NO_ERROR ends, for Node, as if its body were whole; but it is closed by then. */
  #ended(): void {
    if (this.#stream.closed) {
      this.#cut();
      return;
    }
    this.#whole = true;
    this.emit('end');
  }

  #cut(): void {
    if (!this.#whole && this.listenerCount('error') > 0) this.emit('error', new Error('the client reset the stream'));
  }

  /** A stream tells of its body one frame after the other. */
  takeWhole(): null {
    return null;
  }

  override on(event: string, listener: Listener): this {
    if (event !== 'data') return super.on(event, listener);
    this.#stream.on('data', listener);
    return this;
  }

  override off(event: string, listener: Listener): this {
    if (event !== 'data') return super.off(event, listener);
    this.#stream.off('data', listener);
    return this;
  }

  pause(): void {
    this.#stream.pause();
  }

  resume(): void {
    this.#stream.resume();
  }
}
