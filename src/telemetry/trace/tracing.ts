import type { TraceContext } from './trace-context.ts';

/** Values of a span; `null` says nothing. */
export type SpanAttributes = Readonly<Record<string, string | number | boolean | null>>;

/** Makes the spans of calls. Nothing here ever throws, waits, or fails a call. */
export type Tracing = {
  /** A client's call: continues the client's trace, or begins one. */
  readonly call: (client: TraceContext | null, method: string) => OpenSpan;
  /** A side is asked on behalf of a call. */
  readonly attempt: (call: OpenSpan, method: string) => OpenSpan;
  /**
   * A copy for the candidate: in a trace of its own that is linked to its call, so that the client's trace shows what
   * the client got and nothing else. It is sampled as its call is.
   */
  readonly copy: (call: TraceContext, method: string) => OpenSpan;
  readonly counts: () => SpanCounts;
  /** Sends what waits, for a bounded time. */
  readonly close: () => Promise<void>;
};

/** A span that is not over. Its ids exist whether or not it is sampled. */
export type OpenSpan = {
  readonly context: TraceContext;
  /** @param ended what it was; asked for only if somebody will see it */
  readonly end: (ended: () => EndedSpan) => void;
};

export type EndedSpan = {
  /** Of few different texts: a method and a route, never a path. */
  readonly name: string;
  readonly attributes: SpanAttributes;
  /** `error.type`; `null`: it went well. */
  readonly error: string | null;
};

export type SpanCounts = {
  readonly exported: number;
  /** Given to the exporter, which could not deliver them. */
  readonly failed: number;
  /** Never given to it: too many waited. */
  readonly dropped: number;
};
