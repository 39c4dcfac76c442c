import type { Dispatcher } from 'undici';
import type { FailureReason, RawHeaders } from '../contract/calls.ts';
import type { Timeouts } from '../contract/limits.ts';
import { failureOf } from './failure.ts';
import type { AnswerListener, Flow, LegRequest } from './leg-request.ts';
import { Upload } from './upload.ts';

/** More interim answers than this are no answer: an upstream must not be able to keep a call open for ever. */
const INTERIM_MAX = 100;

/**
 * One request and its answer, in order, whoever carries them:
 *
 *   begin ──► interim* ──► head ──► data* ──► end
 *     └───────────┴──────────┴────────┴─────► broken, or abort
 *
 * The listener hears of the end once and at once. The connection may take longer: it is free again at `released`.
 * undici tells of its answers by the methods whose names start with `on`.
 */
export class Exchange implements Dispatcher.DispatchHandler {
  readonly #listener: AnswerListener;
  readonly #timeouts: Timeouts;
  readonly #upload: Upload | null;
  #released: (() => void) | null = null;
  #leaveQueue: (() => void) | null = null;
  #cancel: ((reason: Error) => void) | null = null;
  #timer: NodeJS.Timeout | null = null;
  #abortedFor: FailureReason | null = null;
  #flow: Flow | null = null;
  #paused = false;
  #reused = false;
  #answered = false;
  #interims = 0;
  #ended = false;

  constructor(listener: AnswerListener, timeouts: Timeouts, body: LegRequest['body']) {
    this.#listener = listener;
    this.#timeouts = timeouts;
    this.#upload = body instanceof Upload ? body : null;
  }

  /** Called once, when the connection is free again. */
  onReleased(released: () => void): void {
    this.#leaveQueue = null;
    this.#released = released;
  }

  /** Called when the exchange ends while it still waits for a connection. */
  onLeftQueue(leave: () => void): void {
    this.#leaveQueue = leave;
  }

  get begun(): boolean {
    return this.#cancel !== null;
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** The first byte is about to be sent; from here on the upstream may have seen the request. */
  begin(cancel: (reason: Error) => void, reused: boolean): void {
    this.#cancel = cancel;
    this.#reused = reused;
    if (this.#abortedFor !== null) cancel(new Error(this.#abortedFor));
    else this.#timer = setTimeout(this.#noAnswer, this.#timeouts.answerMs);
  }

  /** Some of the body was sent, or all of it: the answer is due from now on. */
  progress(): void {
    this.#timer?.refresh();
  }

  /** While the client is the one who keeps everybody waiting, the upstream is not late. */
  readonly #noAnswer = (): void => {
    if (this.#upload?.awaitsClient === true) this.#timer?.refresh();
    else this.abort('answer_timeout');
  };

  interim(status: number, headers: RawHeaders): void {
    if (this.#ended) return;
    this.#interims += 1;
    this.#timer?.refresh();
    if (this.#interims > INTERIM_MAX) this.abort('malformed');
    else this.#listener.interim?.(status, headers);
  }

  head(status: number, statusText: string, headers: RawHeaders, flow: Flow): void {
    if (this.#ended) return;
    this.#answered = true;
    this.#flow = flow;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = setTimeout(this.#stalled, this.#timeouts.idleMs);
    this.#listener.head(status, statusText, headers, this.#watchedFlow);
  }

  readonly #watchedFlow: Flow = {
    pause: () => {
      this.#paused = true;
      this.#flow?.pause();
    },
    resume: () => {
      this.#paused = false;
      this.#timer?.refresh();
      this.#flow?.resume();
    },
  };

  /** Neither may an upstream stop sending for ever, nor a client stop reading. */
  readonly #stalled = (): void => {
    this.abort(this.#paused ? 'aborted' : 'truncated');
  };

  data(chunk: Buffer): void {
    if (this.#ended) return;
    this.#timer?.refresh();
    this.#listener.data(chunk);
  }

  end(trailers: RawHeaders): void {
    if (this.#end()) this.#listener.end(trailers);
    this.#release();
  }

  /** The one who carried the exchange gave it up. */
  broken(error: Error): void {
    const { reason, message } = failureOf(error, this.#answered ? 'answered' : this.begun ? 'sent' : 'unsent');
    this.#fail(reason, message);
    this.#release();
  }

  /** It was never sent, and never will be. */
  refused(reason: FailureReason, message: string): void {
    this.#fail(reason, message);
    this.#release();
  }

  #release(): void {
    const released = this.#released;
    this.#released = null;
    released?.();
  }

  /** The listener hears of the abort at once, whatever the connection still does. */
  abort(reason: FailureReason): void {
    if (this.#ended) return;
    this.#abortedFor = reason;
    this.#fail(reason, MESSAGES[reason] ?? reason);
    this.#cancel?.(new Error(reason));
  }

  #fail(reason: FailureReason, message: string): void {
    if (!this.#end()) return;
    const stale = reason === 'reset' && this.#reused && !this.#answered;
    this.#listener.failed({ reason, message, sent: this.begun, stale });
  }

  #end(): boolean {
    if (this.#ended) return false;
    this.#ended = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#upload?.destroy();
    this.#leaveQueue?.();
    return true;
  }

  // ── what undici calls ──

  /** How many calls the connection has carried; set before undici has it. */
  connection: { calls: number } = { calls: 0 };

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.begin((reason) => controller.abort(reason), this.connection.calls > 0);
    this.connection.calls += 1;
  }

  onBodySent(): void {
    this.progress();
  }

  onRequestSent(): void {
    this.progress();
  }

  onResponseStarted(): void {
    this.#answered = true;
  }

  onResponseStart(controller: Dispatcher.DispatchController, status: number, _headers: object, statusText = ''): void {
    const headers = textHeaders(controller.rawHeaders);
    if (status < 200) this.interim(status, headers);
    else this.head(status, statusText, headers, controller);
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.data(chunk);
  }

  onResponseEnd(controller: Dispatcher.DispatchController): void {
    this.end(textHeaders(controller.rawTrailers));
  }

  onResponseError(_controller: Dispatcher.DispatchController | null, error: Error): void {
    this.broken(error);
  }
}

const MESSAGES: Partial<Record<FailureReason, string>> = {
  answer_timeout: 'no answer within answerMs',
  truncated: 'the answer stopped for longer than idleMs',
  malformed: 'the answer cannot be passed on',
};

const NO_HEADERS: RawHeaders = [];

/** Header bytes are latin-1 (RFC 9110 §5.5); Node writes them back the same way. */
function textHeaders(raw: Dispatcher.DispatchController['rawHeaders']): RawHeaders {
  if (!Array.isArray(raw) || raw.length === 0) return NO_HEADERS;
  return raw.map((item) => (typeof item === 'string' ? item : item.toString('latin1')));
}
