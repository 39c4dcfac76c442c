import { constants, performServerHandshake, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2';
import type { Socket } from 'node:net';
import type { RawHeaders } from '../../contract/calls.ts';
import type { BanyanError } from '../../contract/errors.ts';
import type { Limits, Timeouts } from '../../contract/limits.ts';
import type { Arrival } from '../arrival.ts';
import type { Counters } from '../counters.ts';
import type { Peer } from '../forwarding.ts';
import { StreamAnswer } from './stream-answer.ts';
import { StreamRequest } from './stream-request.ts';
import { type TranslatedHead, translateHead } from './translate-head.ts';

export type Http2Options = {
  readonly limits: Limits;
  readonly timeouts: Timeouts;
  readonly counters: Counters;
  readonly serve: (arrival: Arrival) => void;
  /** How long a connection without a stream is kept. */
  readonly keepAliveMs: number;
};

/** Frames that make no sense, before a connection ends. */
const INVALID_FRAMES_MAX = 100;
/** A page that is left resets all of its streams at once; more than twice that in a second is CVE-2023-44487. */
const RESETS_MAX_PER_STREAM = 2;
const RESET_WINDOW_MS = 1000;
/** How long a client that was told to calm down may read that. */
const FAREWELL_MS = 100;
/** How long the peer of a connection that was ended may take to end it too. */
const LINGER_MS = 2000;

/** One client's connection of HTTP/2. Its streams are calls side by side. */
export class Http2Connection {
  readonly #socket: Socket;
  readonly #peer: Peer;
  readonly #options: Http2Options;
  readonly #session: ServerHttp2Session;
  #streams = 0;
  #idle: NodeJS.Timeout;
  #resets = 0;
  #resetsSinceMs = 0;
  #calmed = false;

  constructor(socket: Socket, peer: Peer, options: Http2Options) {
    this.#socket = socket;
    this.#peer = peer;
    this.#options = options;
    this.#session = performServerHandshake(socket, sessionOptions(options));
    // Node gives the raw form of the head besides; its types do not say so.
    this.#session.on('stream', (...[stream, , , raw]: unknown[]) =>
      this.#take(stream as ServerHttp2Stream, raw as RawHeaders),
    );
    this.#session.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ERR_HTTP2_ERROR') options.counters.add('malformed_requests');
    });
    this.#idle = this.#endWhenIdle(options.timeouts.requestHeadMs);
    socket.on('close', () => clearTimeout(this.#idle));
  }

  #endWhenIdle(ms: number): NodeJS.Timeout {
    return setTimeout(() => {
      if (this.#streams === 0) this.close();
    }, ms);
  }

  /**
   * Takes no further stream, says so, and ends with the last that is open. A stream that crosses this the client may ask
   * for elsewhere, whatever its method: it is told which one was the last (RFC 9113 §6.8). A GOAWAY that names no last
   * one, as a first notice, cannot be sent here: nghttp2 ignores what comes behind it.
   */
  close(): void {
    this.#session.close();
    if (this.#streams > 0) return;
    this.#destroySoon();
  }

  /** Also when the client takes nothing any more, and does not end its half. */
  #destroySoon(): void {
    clearTimeout(this.#idle);
    this.#idle = setTimeout(() => this.#socket.destroy(), LINGER_MS);
  }

  /** Ends it now, whatever is in flight. */
  cut(): void {
    if (!this.#session.destroyed) this.#session.destroy(constants.NGHTTP2_CANCEL as never);
    this.#destroySoon();
  }

  #take(stream: ServerHttp2Stream, raw: RawHeaders): void {
    if (stream.closed || stream.destroyed) {
      this.#countReset();
      return;
    }
    const head = translateHead(raw, !stream.endAfterHeaders);
    if ('refused' in head) this.#refuse(stream, head.refused);
    else this.#begin(stream, head);
  }

  #begin(stream: ServerHttp2Stream, head: TranslatedHead): void {
    const request = new StreamRequest(stream, head);
    const client = new StreamAnswer(stream, request);
    this.#follow(stream, request, client);
    this.#options.serve({ request, client, peer: this.#peer });
  }

  #refuse(
    stream: ServerHttp2Stream,
    { code, message }: { readonly code: BanyanError['code']; readonly message: string },
  ): void {
    this.#options.counters.add('refused_requests');
    new StreamAnswer(stream, null).refuse(code, message);
  }

  #follow(stream: ServerHttp2Stream, request: StreamRequest, client: StreamAnswer): void {
    this.#streams += 1;
    const late = request.whole ? undefined : this.#endWhenLate(request, client);
    stream.on('close', () => {
      clearTimeout(late);
      this.#streams -= 1;
      if (client.abandoned) this.#countReset();
      if (this.#streams > 0 || this.#calmed || this.#session.destroyed) return;
      clearTimeout(this.#idle);
      this.#idle = this.#endWhenIdle(this.#options.keepAliveMs);
    });
  }

  #endWhenLate(request: StreamRequest, client: StreamAnswer): NodeJS.Timeout {
    const { timeouts, counters } = this.#options;
    const late = setTimeout(() => {
      counters.add('request_timeouts');
      client.takeOver('REQUEST_TIMEOUT', 'the request was not whole in time');
    }, timeouts.requestMs);
    request.on('end', () => clearTimeout(late));
    return late;
  }

  /** To open streams and reset them at once costs a client nothing, and an upstream a call each. */
  #countReset(): void {
    const nowMs = performance.now();
    if (nowMs - this.#resetsSinceMs > RESET_WINDOW_MS) {
      this.#resets = 0;
      this.#resetsSinceMs = nowMs;
    }
    this.#resets += 1;
    if (this.#resets > RESETS_MAX_PER_STREAM * this.#options.limits.streamsMax) this.#calm();
  }

  /** Streams that come behind a GOAWAY cost nothing any more; the connection stays for a moment, so that it is read. */
  #calm(): void {
    if (this.#calmed || this.#session.destroyed) return;
    this.#calmed = true;
    this.#options.counters.add('stream_resets_over_limit');
    this.#session.goaway(constants.NGHTTP2_ENHANCE_YOUR_CALM);
    clearTimeout(this.#idle);
    this.#idle = setTimeout(() => this.cut(), FAREWELL_MS);
  }
}

function sessionOptions({ limits }: Http2Options) {
  // Longer than what is taken, so that a head that is too long is answered 431 and not with a reset.
  const headBytes = 2 * (limits.headerBytesMax + limits.targetBytesMax);
  return {
    settings: {
      maxConcurrentStreams: limits.streamsMax,
      maxHeaderListSize: headBytes,
      enablePush: false,
    },
    maxHeaderListPairs: 2 * limits.headersMax + 8,
    maxSendHeaderBlockLength: 2 * headBytes,
    maxSessionInvalidFrames: INVALID_FRAMES_MAX,
    // What upstreams repeat passes as they wrote it.
    strictSingleValueFields: false,
  };
}
