import type { FailureReason, Observation, Outcome, RawHeaders } from '../contract/calls.ts';
import type { Side } from '../contract/stages.ts';
import type { ClientEnd } from './arrival.ts';
import type { Flow } from './flow.ts';
import type { Leg } from './upstream/leg.ts';
import type { Failure, LegRequest } from './upstream/leg-request.ts';

/** How an answer is treated on its way to the client. */
export type AskOptions = {
  readonly side: Side;
  /** Keep a copy of the body, up to `bytesMax`, for the comparison. */
  readonly capture: boolean;
  /** Write nothing to the client until the answer is whole, when this says so: an id in it must be recorded or translated. */
  readonly hold: (status: number, headers: RawHeaders) => boolean;
  /** Write nothing to the client, and leave the body unread, when this says so: another side shall answer. */
  readonly decline: (status: number) => boolean;
  /** Bound of `capture` and `hold`; a longer held answer is let go, a longer copy dropped. */
  readonly bytesMax: number;
  readonly nowMs: () => number;
};

export type Asked = {
  readonly observation: Observation;
  /**
   * - `streamed`: the client has all of it, or was cut off where the upstream was
   * - `held`: nothing was written; `body` is whole
   * - `declined`: nothing was written
   */
  readonly state: 'streamed' | 'held' | 'declined';
  readonly statusText: string;
  /** Of an answer that was held. */
  readonly trailers: RawHeaders;
  /** Whether the upstream may have seen the request. */
  readonly sent: boolean;
  /** The connection had gone stale: see `Failure`. */
  readonly stale: boolean;
  /** A held answer was longer than `bytesMax`, so it was streamed after all. */
  readonly letGo: boolean;
};

/** Asks a side for the answer to a client's call, streaming it on as it comes. Never rejects. */
export function ask(leg: Leg, request: LegRequest, client: ClientEnd, options: AskOptions): Promise<Asked> {
  return new Promise((resolve) => {
    const answer = new AnswerOnItsWay(client, options, resolve);
    const abort = leg.send(request, answer);
    answer.abortWith(abort);
    client.onGone(() => abort('aborted'));
  });
}

class AnswerOnItsWay {
  readonly #client: ClientEnd;
  readonly #options: AskOptions;
  readonly #resolve: (asked: Asked) => void;
  readonly #askedAtMs: number;
  #abort: ((reason: FailureReason) => void) | null = null;
  #flow: Flow | null = null;
  #status = 0;
  #statusText = '';
  #headers: RawHeaders = [];
  #firstByteMs: number | null = null;
  #chunks: Buffer[] | null = null;
  #bytes = 0;
  #state: Asked['state'] = 'streamed';
  #letGo = false;
  #trailers: RawHeaders = [];

  constructor(client: ClientEnd, options: AskOptions, resolve: (asked: Asked) => void) {
    this.#client = client;
    this.#options = options;
    this.#resolve = resolve;
    this.#askedAtMs = options.nowMs();
  }

  abortWith(abort: (reason: FailureReason) => void): void {
    this.#abort = abort;
  }

  readonly interim = (status: number, headers: RawHeaders): void => {
    if (status === 100) this.#client.continue();
    else this.#client.interim(status, headers);
  };

  readonly head = (status: number, statusText: string, headers: RawHeaders, flow: Flow): void => {
    this.#firstByteMs = this.#options.nowMs() - this.#askedAtMs;
    this.#status = status;
    this.#statusText = statusText;
    this.#headers = headers;
    this.#flow = flow;
    if (this.#options.decline(status)) this.#decline();
    else this.#accept();
  };

  #accept(): void {
    const isHeld = this.#options.hold(this.#status, this.#headers);
    if (isHeld || this.#options.capture) this.#chunks = [];
    if (isHeld) this.#state = 'held';
    else this.#writeHead();
  }

  #decline(): void {
    this.#state = 'declined';
    this.#settle({ kind: 'answer', status: this.#status, headers: this.#headers, body: null }, true);
    this.#abort?.('aborted');
  }

  /** A head that cannot be written, as some cannot by HTTP/2, is a malformed answer: the client gets a 502 instead. */
  #writeHead(): void {
    try {
      this.#client.head(this.#status, this.#statusText, this.#headers);
    } catch (error) {
      this.#state = 'declined';
      const message = error instanceof Error ? error.message : String(error);
      this.failed({ reason: 'malformed', message, sent: true, stale: false });
      this.#abort?.('malformed');
    }
  }

  readonly data = (chunk: Buffer): void => {
    this.#keep(chunk);
    if (this.#state === 'streamed' && this.#flow !== null) this.#client.data(chunk, this.#flow);
  };

  readonly flush = (): void => {
    if (this.#state === 'streamed') this.#client.flush();
  };

  #keep(chunk: Buffer): void {
    if (this.#chunks === null) return;
    this.#chunks.push(chunk);
    this.#bytes += chunk.byteLength;
    if (this.#bytes <= this.#options.bytesMax) return;
    const held = this.#state === 'held' ? this.#chunks.slice(0, -1) : [];
    this.#chunks = null;
    if (this.#state === 'held') this.#release(held);
  }

  #release(held: readonly Buffer[]): void {
    this.#letGo = true;
    this.#state = 'streamed';
    this.#writeHead();
    if (this.#flow === null || this.#state !== 'streamed') return;
    for (const chunk of held) this.#client.data(chunk, this.#flow);
  }

  readonly end = (trailers: RawHeaders): void => {
    const body = this.#chunks === null ? null : Buffer.concat(this.#chunks);
    if (this.#state === 'streamed') this.#client.end(trailers);
    this.#trailers = trailers;
    this.#settle({ kind: 'answer', status: this.#status, headers: this.#headers, body }, true);
  };

  readonly failed = ({ reason, message, sent, stale }: Failure): void => {
    const started = this.#firstByteMs !== null;
    // What was begun must not look finished; what was not begun can still be answered otherwise.
    if (this.#state === 'streamed' && started) this.#client.cut();
    else this.#state = 'declined';
    this.#settle({ kind: 'failure', reason, message }, sent, stale);
  };

  #settle(outcome: Outcome, sent: boolean, stale = false): void {
    const totalMs = this.#options.nowMs() - this.#askedAtMs;
    const observation = { side: this.#options.side, outcome, firstByteMs: this.#firstByteMs, totalMs };
    this.#resolve({
      observation,
      state: this.#state,
      statusText: this.#statusText,
      trailers: this.#trailers,
      sent,
      stale,
      letGo: this.#letGo,
    });
  }
}
