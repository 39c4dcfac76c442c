import type { FailureReason, RawHeaders } from '../../contract/calls.ts';
import type { Flow } from '../flow.ts';
import { Upload } from '../upload.ts';
import { failureOf } from './failure.ts';
import type { AnswerListener, LegRequest } from './leg-request.ts';

/** More interim answers than this are no answer: an upstream must not be able to keep a call open for ever. */
const INTERIM_MAX = 100;

/** What carries an exchange once it has begun. */
export type Carrier = Flow & {
  readonly cancel: () => void;
  /** An answer is due `answerMs` from now: `noAnswer` is called then. */
  readonly awaitAnswer: () => void;
};

/**
 * One request and its answer, in order:
 *
 *   begin ──► interim* ──► head ──► data* ──► end
 *     └───────────┴──────────┴────────┴─────► broken, or abort
 *
 * The listener hears of the end once and at once. The connection may take longer.
 */
export class Exchange {
  readonly #listener: AnswerListener;
  readonly #upload: Upload | null;
  #leaveQueue: (() => void) | null = null;
  #carrier: Carrier | null = null;
  #paused = false;
  #reused = false;
  #answering = false;
  #answered = false;
  #interims = 0;
  #ended = false;
  /** Whether a body of which nothing was sent is for somebody else to send, and to end. */
  sparesUnsentBody = false;

  constructor(listener: AnswerListener, body: LegRequest['body']) {
    this.#listener = listener;
    this.#upload = body instanceof Upload ? body : null;
  }

  /** Called when the exchange ends while it still waits for a connection, or for its opening; `null`: it waits no more. */
  onLeftQueue(leave: (() => void) | null): void {
    this.#leaveQueue = leave;
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** Whether the head of the answer is there. */
  get answered(): boolean {
    return this.#answered;
  }

  /** The first byte is about to be sent; from here on the upstream may have seen the request. */
  begin(carrier: Carrier, reused: boolean): void {
    this.#carrier = carrier;
    this.#reused = reused;
    carrier.awaitAnswer();
  }

  /** Some of the body was sent, or all of it: the answer is due from now on. */
  progress(): void {
    this.#carrier?.awaitAnswer();
  }

  /** While the client is the one who keeps everybody waiting, the upstream is not late. */
  noAnswer(): void {
    if (this.#answered) return;
    if (this.#upload?.awaitsClient === true) this.#carrier?.awaitAnswer();
    else this.abort('answer_timeout');
  }

  /** The first byte of an answer came. */
  answering(): void {
    this.#answering = true;
  }

  /** @param wanted `false`: nobody had asked for it, so nobody hears of it */
  interim(status: number, headers: RawHeaders, wanted = true): void {
    if (this.#ended) return;
    this.#interims += 1;
    if (this.#interims > INTERIM_MAX) {
      this.abort('malformed');
      return;
    }
    if (!wanted) return;
    this.#carrier?.awaitAnswer();
    this.#listener.interim?.(status, headers);
  }

  head(status: number, statusText: string, headers: RawHeaders): void {
    if (this.#ended) return;
    this.#answered = true;
    this.#listener.head(status, statusText, headers, this);
  }

  // ── the flow of the answer, for the listener ──

  pause(): void {
    this.#paused = true;
    this.#carrier?.pause();
  }

  resume(): void {
    this.#paused = false;
    if (!this.#ended) this.#carrier?.resume();
  }

  /** Neither may an upstream stop sending for ever, nor a client stop reading. */
  stalled(): void {
    if (this.#answered) this.abort(this.#paused ? 'aborted' : 'truncated');
  }

  data(chunk: Buffer): void {
    if (!this.#ended) this.#listener.data(chunk);
  }

  /** All that came in one packet was told. */
  flush(): void {
    if (this.#answered && !this.#ended) this.#listener.flush?.();
  }

  end(trailers: RawHeaders): void {
    if (this.#end()) this.#listener.end(trailers);
  }

  /** The one who carried the exchange gave it up. Gives whether the connection had gone stale. */
  broken(error: Error): boolean {
    const progress = this.#answering ? 'answered' : this.#carrier === null ? 'unsent' : 'sent';
    const { reason, message } = failureOf(error, progress);
    return this.#fail(reason, message);
  }

  /** It was never sent, and never will be. */
  refused(reason: FailureReason, message: string): void {
    this.#fail(reason, message);
  }

  /** The listener hears of the abort at once, whatever the connection still does. */
  abort(reason: FailureReason): void {
    if (this.#ended) return;
    this.#fail(reason, MESSAGES[reason] ?? reason);
    this.#carrier?.cancel();
  }

  #fail(reason: FailureReason, message: string): boolean {
    if (!this.#end()) return false;
    const brokenByClient = this.#upload?.brokenByClient === true;
    const stale = reason === 'reset' && this.#reused && !this.#answering && !brokenByClient;
    this.#listener.failed({ reason, message, sent: this.#carrier !== null, stale });
    return stale;
  }

  #end(): boolean {
    if (this.#ended) return false;
    this.#ended = true;
    if (this.#carrier !== null || !this.sparesUnsentBody) this.#upload?.destroy();
    this.#leaveQueue?.();
    return true;
  }
}

const MESSAGES: Partial<Record<FailureReason, string>> = {
  answer_timeout: 'no answer within answerMs',
  truncated: 'the answer stopped for longer than idleMs',
  malformed: 'the answer cannot be passed on',
};
