import type { Socket } from 'node:net';
import type { RawHeaders } from '../../contract/calls.ts';
import type { Timeouts } from '../../contract/limits.ts';
import { Upload } from '../upload.ts';
import { AnswerParser, type AnswerSink } from './answer-parser.ts';
import type { Connector } from './connector.ts';
import type { Carrier, Exchange } from './exchange.ts';
import { UpstreamFailure } from './failure.ts';
import type { LegRequest } from './leg-request.ts';
import { headText } from './request-text.ts';
import { UploadSender } from './upload-sender.ts';

/** Hears when a connection can carry another call, and when it can carry none any more. */
export type ConnectionOwner = {
  readonly released: (connection: UpstreamConnection) => void;
  readonly closed: (connection: UpstreamConnection) => void;
  /** A connection that had carried calls before broke before a byte of an answer came. */
  readonly wentStale: () => void;
};

export type ConnectionOptions = { readonly timeouts: Timeouts; readonly headerBytesMax: number };

/** Bodies up to this go out in one write with their heads. */
const ONE_WRITE_BYTES_MAX = 16 * 1024;

/**
 * How long an idle connection is used again when the upstream does not say how long it keeps one: less than the five
 * seconds that many servers wait.
 */
const KEEP_ALIVE_MS = 4000;
/** Taken off what an upstream says, for the time a request is on its way. */
const KEEP_ALIVE_MARGIN_MS = 1000;

/** One connection to an upstream, and the one call that it carries at a time. */
export class UpstreamConnection implements AnswerSink, Carrier {
  readonly #socket: Socket;
  readonly #parser: AnswerParser;
  readonly #timeouts: Timeouts;
  readonly #owner: ConnectionOwner;
  readonly #connecting: NodeJS.Timeout;
  #connected = false;
  #calls = 0;
  #request: LegRequest | null = null;
  #exchange: Exchange | null = null;
  /** What of the request is still to be sent. */
  #sender: UploadSender | null = null;
  /** The answer is whole, and what came with it is not looked at yet. */
  #answered = false;
  #idleUntilMs = 0;
  #gone = false;
  /** One of each for all calls: a timer that finds nothing due when it fires stays silent until it is set anew. */
  #answerTimer: NodeJS.Timeout | null = null;
  #idleTimer: NodeJS.Timeout | null = null;

  constructor(connector: Connector, { timeouts, headerBytesMax }: ConnectionOptions, owner: ConnectionOwner) {
    this.#timeouts = timeouts;
    this.#owner = owner;
    this.#parser = new AnswerParser(this, headerBytesMax);
    this.#connecting = setTimeout(() => {
      this.#fail(new UpstreamFailure('connect_timeout', `no connection within ${timeouts.connectMs} ms`));
    }, timeouts.connectMs);
    const socket = connector.connect({ allowHalfOpen: false }, () => this.#open());
    this.#socket = socket;
    this.#socket.on('data', this.#read);
    this.#socket.on('end', this.#ended);
    socket.on('error', (error) => this.#fail(this.#connected ? error : connector.explained(error, socket)));
    this.#socket.on('close', () => this.destroy());
    this.#socket.on('drain', () => this.#sender?.drained());
  }

  /** Whether the upstream can still be expected to keep the connection. */
  isFresh(nowMs: number): boolean {
    return nowMs < this.#idleUntilMs && !this.#gone;
  }

  /** One call at a time, begun when the connection is there. */
  send(request: LegRequest, exchange: Exchange): void {
    this.#request = request;
    this.#exchange = exchange;
    if (this.#connected) this.#begin(request, exchange);
    // A connection that nobody waits for any more would keep its seat for as long as opening it may take.
    else exchange.onLeftQueue(() => this.destroy());
  }

  #open(): void {
    this.#connected = true;
    clearTimeout(this.#connecting);
    if (this.#request === null || this.#exchange === null || this.#exchange.ended) this.#release();
    else this.#begin(this.#request, this.#exchange);
  }

  #begin(request: LegRequest, exchange: Exchange): void {
    const { body } = request;
    exchange.onLeftQueue(null);
    try {
      const chunked = body instanceof Upload && !request.headers.some(isContentLength);
      const head = headText(request, chunked);
      exchange.begin(this, this.#calls > 0);
      this.#calls += 1;
      this.#parser.expect(request.method);
      if (body instanceof Upload) {
        this.#socket.write(head, 'latin1');
        this.#sender = new UploadSender(this.#socket, body, { request, exchange, chunked, failed: this.#fail });
      } else this.#write(head, body);
    } catch (error) {
      // Nothing of it was sent.
      exchange.broken(error as Error);
      this.#release();
    }
  }

  #write(head: string, body: Uint8Array | null): void {
    if (body === null || body.byteLength === 0) return void this.#socket.write(head, 'latin1');
    const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
    if (bytes.byteLength <= ONE_WRITE_BYTES_MAX) {
      this.#socket.write(head + bytes.toString('latin1'), 'latin1');
      return;
    }
    this.#socket.cork();
    this.#socket.write(head, 'latin1');
    this.#socket.write(bytes);
    this.#socket.uncork();
  }

  // ── what the exchange asks for ──

  cancel(): void {
    this.#exchange = null;
    this.destroy();
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#idleTimer?.refresh();
    this.#socket.resume();
  }

  /** An answer is due `answerMs` from now. */
  awaitAnswer(): void {
    if (this.#answerTimer !== null) this.#answerTimer.refresh();
    else this.#answerTimer = setTimeout(() => this.#exchange?.noAnswer(), this.#timeouts.answerMs);
  }

  /** More of the answer is due `idleMs` from now. */
  #awaitMore(): void {
    if (this.#idleTimer !== null) this.#idleTimer.refresh();
    else this.#idleTimer = setTimeout(() => this.#exchange?.stalled(), this.#timeouts.idleMs);
  }

  // ── what the upstream says ──

  readonly #read = (chunk: Buffer): void => {
    const exchange = this.#exchange;
    // What nobody asked for could be taken for the next call's answer.
    if (exchange === null) {
      this.destroy();
      return;
    }
    exchange.answering();
    try {
      this.#parser.feed(chunk);
    } catch (error) {
      this.#fail(error as Error);
      return;
    }
    // Whoever heard of it may have ended it.
    if (this.#gone) return;
    if (this.#answered) this.#release();
    else this.#goesOn(exchange);
  };

  #goesOn(exchange: Exchange): void {
    if (exchange.answered) this.#awaitMore();
    exchange.flush();
  }

  interim(status: number, headers: RawHeaders): void {
    const wanted = status !== 100 || this.#sender?.asked() === true;
    this.#exchange?.interim(status, headers, wanted);
  }

  head(status: number, statusText: string, headers: RawHeaders): void {
    this.#sender?.answered();
    this.#exchange?.head(status, statusText, headers);
  }

  data(chunk: Buffer): void {
    this.#exchange?.data(chunk);
  }

  end(trailers: RawHeaders): void {
    this.#answered = true;
    this.#exchange?.end(trailers);
  }

  readonly #ended = (): void => {
    try {
      this.#parser.ended();
      this.destroy();
    } catch (error) {
      this.#fail(error as Error);
    }
  };

  readonly #fail = (error: Error): void => {
    this.#break(error);
    this.destroy();
  };

  #break(error: Error): void {
    if (this.#exchange?.broken(error) === true) this.#owner.wentStale();
  }

  /** Takes the next call, unless something of this one is left on the wire. */
  #release(): void {
    const whole = this.#sender === null || this.#sender.done;
    const { keepAlive, keepAliveHintMs } = this.#parser;
    this.#answered = false;
    this.#request = null;
    this.#exchange = null;
    this.#sender = null;
    // An exchange that ended with its client slower than its upstream left the connection paused.
    if (this.#socket.isPaused()) this.#socket.resume();
    if (!whole || !keepAlive || this.#socket.destroyed) {
      this.destroy();
      return;
    }
    const keptMs = keepAliveHintMs === null ? KEEP_ALIVE_MS : keepAliveHintMs - KEEP_ALIVE_MARGIN_MS;
    this.#idleUntilMs = performance.now() + keptMs;
    this.#owner.released(this);
  }

  /** Ends the connection, whatever it carries. */
  destroy(): void {
    if (this.#gone) return;
    this.#gone = true;
    for (const timer of [this.#connecting, this.#answerTimer, this.#idleTimer]) if (timer !== null) clearTimeout(timer);
    this.#socket.destroy();
    this.#break(new UpstreamFailure('aborted', 'the connection to this side was closed'));
    this.#exchange = null;
    this.#owner.closed(this);
  }
}

function isContentLength(text: string, index: number): boolean {
  return index % 2 === 0 && text.length === 14 && text.toLowerCase() === 'content-length';
}
