import type { Readable } from 'node:stream';
import { type Dispatcher, Pool } from 'undici';
import type { FailureReason, RawHeaders } from '../contract/calls.ts';
import type { Limits, Timeouts } from '../contract/limits.ts';
import { failureOf } from './failure.ts';

/** A request ready to be sent: hop-by-hop headers removed, ids translated. */
export type LegRequest = {
  readonly method: string;
  /** Origin-form. */
  readonly target: string;
  readonly headers: RawHeaders;
  readonly body: Uint8Array | Readable | null;
};

/** Slows an answer down to what its reader takes. */
export type Flow = { readonly pause: () => void; readonly resume: () => void };

export type Failure = {
  readonly reason: FailureReason;
  readonly message: string;
  /** Whether the upstream may have seen any of the request. */
  readonly sent: boolean;
};

/** Hears an answer: one head, any data, then an end or a failure. A failure may come at every point. */
export type AnswerListener = {
  readonly head: (status: number, statusText: string, headers: RawHeaders, flow: Flow) => void;
  readonly data: (chunk: Buffer) => void;
  readonly end: () => void;
  readonly failed: (failure: Failure) => void;
};

/**
 * The connections to one side of one type, for one purpose: primaries and mirrored calls never share a leg, so
 * that a candidate can hang, or fill its queue, without a client noticing.
 */
export class Leg {
  readonly #options: Pool.Options;
  readonly #timeouts: Timeouts;
  readonly #pendingMax: number;
  #pool: Pool | null = null;
  /** Pools of earlier addresses whose calls have not ended. */
  readonly #ending = new Set<Pool>();
  #base: string | null = null;
  #basePath = '';
  #pending = 0;
  #overloaded = 0;

  /** @param base URL of the upstream; `null` while it is not known yet (a v2 host that is starting) */
  constructor(base: string | null, limits: Limits, timeouts: Timeouts) {
    this.#timeouts = timeouts;
    this.#pendingMax = limits.upstreamConnectionsMax + limits.upstreamQueueMax;
    this.#options = {
      connections: limits.upstreamConnectionsMax,
      // Never two requests on one connection at once: a stalled answer would hold up a stranger's.
      pipelining: 1,
      connectTimeout: timeouts.connectMs,
      headersTimeout: timeouts.answerMs,
      bodyTimeout: timeouts.idleMs,
      maxHeaderSize: limits.headerBytesMax,
    };
    this.setBase(base);
  }

  /** Points the leg at another address; calls under way end where they began. */
  setBase(base: string | null): void {
    if (this.#pool !== null) this.#end(this.#pool);
    this.#pool = null;
    this.#base = base;
    if (base === null) return;
    const url = new URL(base);
    this.#basePath = url.pathname.replace(/\/$/, '');
    this.#pool = new Pool(url.origin, this.#options);
  }

  #end(pool: Pool): void {
    const ended = () => this.#ending.delete(pool);
    this.#ending.add(pool);
    pool.close().then(ended, ended); // only "already closed" can be said here
  }

  get base(): string | null {
    return this.#base;
  }

  get pending(): number {
    return this.#pending;
  }

  get overloaded(): number {
    return this.#overloaded;
  }

  /** Sends a request. The listener hears of everything, also of a refusal to send; gives a function that aborts. */
  send(request: LegRequest, listener: AnswerListener): (reason: FailureReason) => void {
    const refusal = this.#refusal();
    if (refusal !== null || this.#pool === null) {
      listener.failed(refusal ?? NOT_STARTED);
      return () => undefined;
    }
    this.#pending += 1;
    const exchange = new Exchange(listener, () => {
      this.#pending -= 1;
    });
    try {
      this.#pool.dispatch(this.#dispatchOptions(request), exchange);
    } catch (error) {
      // undici throws on what it will not put on a wire, such as a header value with a control character.
      exchange.onResponseError(null, error as Error);
    }
    return (reason) => exchange.abort(reason);
  }

  #refusal(): Failure | null {
    if (this.#pool === null) return NOT_STARTED;
    if (this.#pending < this.#pendingMax) return null;
    this.#overloaded += 1;
    return { reason: 'overloaded', message: `${this.#pending} calls wait for this side already`, sent: false };
  }

  #dispatchOptions({ method, target, headers, body }: LegRequest): Dispatcher.DispatchOptions {
    return {
      method,
      path: this.#basePath + target,
      headers: headers as string[],
      body: body as Buffer | Readable | null,
      headersTimeout: this.#timeouts.answerMs,
      bodyTimeout: this.#timeouts.idleMs,
    };
  }

  /** Ends every connection, finished or not. */
  async close(): Promise<void> {
    await Promise.all([...this.#ending, this.#pool].map((pool) => pool?.destroy()));
  }
}

const NOT_STARTED: Failure = { reason: 'refused', message: 'the upstream has no address yet', sent: false };

/** One request and its answer, as undici tells of them. */
class Exchange implements Dispatcher.DispatchHandler {
  readonly #listener: AnswerListener;
  readonly #settled: () => void;
  #controller: Dispatcher.DispatchController | null = null;
  #abortedFor: FailureReason | null = null;
  #done = false;
  #headSeen = false;

  constructor(listener: AnswerListener, settled: () => void) {
    this.#listener = listener;
    this.#settled = settled;
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#abortedFor !== null) controller.abort(new Error(this.#abortedFor));
  }

  onResponseStart(controller: Dispatcher.DispatchController, status: number, _headers: object, statusText = ''): void {
    if (status < 200 || this.#done) return;
    this.#headSeen = true;
    this.#listener.head(status, statusText, textHeaders(controller.rawHeaders), controller);
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (!this.#done) this.#listener.data(chunk);
  }

  onResponseEnd(): void {
    if (!this.#finish()) return;
    this.#listener.end();
  }

  onResponseError(_controller: Dispatcher.DispatchController | null, error: Error): void {
    if (!this.#finish()) return;
    const { reason, message } = failureOf(error, this.#headSeen);
    this.#listener.failed({ reason: this.#abortedFor ?? reason, message, sent: this.#controller !== null });
  }

  /** The listener hears of the abort at once, whatever the connection still does. */
  abort(reason: FailureReason): void {
    if (this.#done) return;
    this.#abortedFor = reason;
    this.#controller?.abort(new Error(reason));
    if (this.#finish()) this.#listener.failed({ reason, message: reason, sent: this.#controller !== null });
  }

  #finish(): boolean {
    if (this.#done) return false;
    this.#done = true;
    this.#settled();
    return true;
  }
}

/** Header bytes are latin-1 (RFC 9110 §5.5); Node writes them back the same way. */
function textHeaders(raw: Dispatcher.DispatchController['rawHeaders']): RawHeaders {
  if (!Array.isArray(raw)) return [];
  return raw.map((item) => (typeof item === 'string' ? item : item.toString('latin1')));
}
