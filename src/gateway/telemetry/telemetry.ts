import type { Logger } from 'pino';
import type { CallCopy, Observation, RawHeaders } from '../../contract/calls.ts';
import type { Side } from '../../contract/stages.ts';
import { CallMetrics } from '../../telemetry/metrics/call-metrics.ts';
import { readTraceContext } from '../../telemetry/trace/trace-context.ts';
import type { OpenSpan, Tracing } from '../../telemetry/trace/tracing.ts';
import { callLine } from './call-line.ts';
import { CallRecord, type RecordedAttempt, type Watchers } from './call-record.ts';
import type { DebugTokens } from './debug-tokens.ts';
import { attemptSpan, callSpan, copySpan } from './span-values.ts';

export type TelemetryOptions = {
  readonly logger: Logger;
  /** Takes secrets out of a path. */
  readonly redact: (path: string) => string;
  /** Makes spans; `null`: none are made, and the trace context of clients passes untouched. */
  readonly tracing: Tracing | null;
  /** `null`: no token is good. */
  readonly debugTokens: DebugTokens | null;
  /** Monotonic. */
  readonly nowMs: () => number;
  /** Hears of what should not have been thrown. */
  readonly defect: (error: unknown) => void;
};

/** What is needed of a request before anything of it is understood. */
export type BeginningCall = {
  readonly method?: string | undefined;
  readonly rawHeaders: RawHeaders;
};

/** Everybody who watches calls: metrics always; the log, spans and debugging clients where they are wanted. */
export class Telemetry implements Watchers {
  readonly metrics = new CallMetrics();
  readonly tracing: Tracing | null;
  readonly #options: TelemetryOptions;

  constructor(options: TelemetryOptions) {
    this.#options = options;
    this.tracing = options.tracing;
  }

  /** A call begins; `end` of what it gives must follow, once. */
  begin({ method = '', rawHeaders: headers }: BeginningCall, scheme: 'http' | 'https'): CallRecord {
    this.metrics.began(method);
    const span = this.#spanOf((tracing) => tracing.call(readTraceContext(headers), method));
    return new CallRecord({ method, scheme, headers, beganAtMs: this.#options.nowMs(), span }, this);
  }

  /** Whether a client may see how its call is decided. */
  debugs(token: string, type: string): boolean {
    return this.#options.debugTokens?.verify(token, type) ?? false;
  }

  asks({ span, method }: CallRecord): OpenSpan | null {
    return span === null ? null : this.#spanOf((tracing) => tracing.attempt(span, method));
  }

  answered(call: CallRecord, attempt: RecordedAttempt): void {
    this.#safely(() => {
      this.#count(call.head?.type ?? '', call.method, 'primary', attempt.observation);
      attempt.span?.end(() => attemptSpan(call, attempt, this.#options.redact));
    });
  }

  #count(
    type: string,
    method: string,
    purpose: 'primary' | 'candidate',
    { side, outcome, totalMs }: Observation,
  ): void {
    const status = outcome.kind === 'answer' ? outcome.status : 0;
    const error = outcome.kind === 'answer' ? null : outcome.reason;
    this.metrics.attempted({ type, side, method, status, error, purpose, seconds: totalMs / 1000 });
  }

  ended(call: CallRecord): void {
    this.#safely(() => {
      const { head, side, method, status, error, scheme, seconds, span } = call;
      this.metrics.ended({ type: head?.type ?? '', side, method, status, error, scheme, seconds });
      const { logger, redact } = this.#options;
      span?.end(() => callSpan(call, redact));
      if (logger.isLevelEnabled('debug')) logger.debug(callLine(call, redact), 'call');
    });
  }

  /** A copy is about to be sent. Gives the span by whose context it goes, and whom to tell how it ended. */
  copy(side: Side, call: CallCopy, upstream: string | null): SentCopy {
    const span = this.#spanOf((tracing) => {
      const original = readTraceContext(call.headers);
      return original === null ? null : tracing.copy(original, call.method);
    });
    return {
      span,
      ended: (observation) =>
        this.#safely(() => {
          this.#count(call.type, call.method, 'candidate', observation);
          span?.end(() => copySpan(call, { side, upstream, observation }, this.#options.redact));
        }),
    };
  }

  #spanOf(begin: (tracing: Tracing) => OpenSpan | null): OpenSpan | null {
    let span: OpenSpan | null = null;
    const { tracing } = this;
    if (tracing !== null)
      this.#safely(() => {
        span = begin(tracing);
      });
    return span;
  }

  /** Whoever watches a call must not be what it fails by. */
  #safely(tell: () => void): void {
    try {
      tell();
    } catch (error) {
      this.#options.defect(error);
    }
  }
}

export type SentCopy = { readonly span: OpenSpan | null; readonly ended: (observation: Observation) => void };
