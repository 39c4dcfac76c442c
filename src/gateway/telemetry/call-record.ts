import { randomUUID } from 'node:crypto';
import type { FailureReason, Observation, RawHeaders } from '../../contract/calls.ts';
import type { ErrorCode } from '../../contract/errors.ts';
import type { Plan } from '../../contract/plan.ts';
import type { Side } from '../../contract/stages.ts';
import type { WireOperation } from '../../contract/wire.ts';
import type { AffinityKey } from '../../cutover/affinity.ts';
import { readTraceContext } from '../../telemetry/trace/trace-context.ts';
import type { OpenSpan } from '../../telemetry/trace/tracing.ts';

/** What those who watch need to hear of a call's progress. */
export type Watchers = {
  /** A span for a side that is about to be asked; `null` where none are made. */
  readonly asks: (call: CallRecord) => OpenSpan | null;
  readonly answered: (call: CallRecord, attempt: RecordedAttempt) => void;
  readonly ended: (call: CallRecord) => void;
};

export type RecordedAttempt = {
  readonly side: Side;
  /** URL of the upstream; `null` while it has none. */
  readonly upstream: string | null;
  /** How many times a side had been asked before. */
  readonly before: number;
  readonly span: OpenSpan | null;
  readonly observation: Observation;
};

/** What was written to the client. */
export type WrittenAnswer = {
  /** 0: nothing. */
  readonly status: number;
  /** Set when the answer was Banyan's own. */
  readonly ownError: ErrorCode | null;
};

export type BegunCall = {
  readonly method: string;
  readonly scheme: 'http' | 'https';
  readonly headers: RawHeaders;
  /** Monotonic. */
  readonly beganAtMs: number;
  readonly span: OpenSpan | null;
};

/** What of a call's head is recorded. */
export type RecordedHead = {
  readonly type: string;
  /** Without the query. */
  readonly path: string;
  readonly address: string | null;
};

/** What was decided about a call. */
export type RecordedDecision = {
  readonly operation: WireOperation;
  readonly plan: Plan;
  readonly affinity: AffinityKey | null;
};

/**
 * A call as those see it who watch the gateway: filled in on the way down, read when the answer's head is written by
 * who debugs, and at the end by metrics, log and spans. It decides nothing.
 */
export class CallRecord {
  readonly method: string;
  readonly scheme: 'http' | 'https';
  readonly beganAtMs: number;
  /** The call's own span; `null` where none are made. */
  readonly span: OpenSpan | null;
  head: RecordedHead | null = null;
  decision: RecordedDecision | null = null;
  /** The side that was asked last, and how often one was. */
  side: Side | null = null;
  attempts = 0;
  firstByteMs: number | null = null;
  endedAtMs = 0;
  status = 0;
  error: ErrorCode | FailureReason | null = null;
  /** As the client sent them. */
  readonly #headers: RawHeaders;
  readonly #watchers: Watchers;
  #id: string | null = null;
  #lastFailure: FailureReason | null = null;

  constructor(begun: BegunCall, watchers: Watchers) {
    this.method = begun.method;
    this.scheme = begun.scheme;
    this.beganAtMs = begun.beganAtMs;
    this.span = begun.span;
    this.#headers = begun.headers;
    this.#watchers = watchers;
  }

  /** The trace that the call is part of; looked for when somebody asks. */
  get traceId(): string | null {
    return (this.span?.context ?? readTraceContext(this.#headers))?.traceId ?? null;
  }

  /** By which an answer's debug header and the log line find each other; made for those who ask. */
  get id(): string {
    this.#id ??= randomUUID();
    return this.#id;
  }

  get seconds(): number {
    return (this.endedAtMs - this.beganAtMs) / 1000;
  }

  /** A side is about to be asked. */
  asks(side: Side): OpenSpan | null {
    this.side = side;
    this.attempts += 1;
    return this.#watchers.asks(this);
  }

  answered(span: OpenSpan | null, upstream: string | null, observation: Observation): void {
    const { outcome, firstByteMs, side } = observation;
    this.firstByteMs = firstByteMs;
    this.#lastFailure = outcome.kind === 'failure' ? outcome.reason : null;
    this.#watchers.answered(this, { side, upstream, before: this.attempts - 1, span, observation });
  }

  /** The call is over: nothing more is told of it. */
  end({ status, ownError }: WrittenAnswer, atMs: number): void {
    this.endedAtMs = atMs;
    this.status = status;
    // Nobody answered, and no side failed: the client left.
    this.error = ownError ?? this.#lastFailure ?? (status === 0 ? 'aborted' : null);
    this.#watchers.ended(this);
  }
}
