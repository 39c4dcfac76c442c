/**
 * Every bound of the gateway that an operator may set, with its default. `...Max` bounds a queue, a buffer or
 * a table; hitting one is counted. `...Ms` bounds a wait, in milliseconds.
 */

export type Limits = {
  /** Bytes of a request body read ahead to find an id in it; a longer body of such an operation is refused. */
  readonly requestBodyPeekBytesMax: number;
  /** Bytes of a body kept for comparing; a longer one is `not_comparable`. */
  readonly captureBytesMax: number;
  /** Mirrored calls under way at once, per type. */
  readonly mirrorInFlightMax: number;
  /** Mirrored calls waiting, per type. */
  readonly mirrorQueueMax: number;
  /** Bytes of the bodies of mirrored calls waiting, per type. */
  readonly mirrorQueueBytesMax: number;
  /** Connections per side and type. */
  readonly upstreamConnectionsMax: number;
  /** Calls waiting for a connection, per side and type; beyond it: 503 with Retry-After. */
  readonly upstreamQueueMax: number;
  /** Bytes of the headers of one message, in either direction. */
  readonly headerBytesMax: number;
  /** WebSockets open at once, over all types, those being opened included; beyond it: 503 with Retry-After. */
  readonly upgradesMax: number;
  /** Headers of one request. */
  readonly headersMax: number;
  /** Bytes of a request target: path and query. */
  readonly targetBytesMax: number;
  /** Bytes of a request body, streamed or not. */
  readonly requestBodyBytesMax: number;
  /** Connections of clients at once; a further one is closed as it comes. */
  readonly clientConnectionsMax: number;
  /** Streams of HTTP/2 open at once, per connection; a further one is refused. 0: HTTP/2 is not offered. */
  readonly streamsMax: number;
  /** Ids of entities kept in memory in front of the store. */
  readonly entitiesCachedMax: number;
};

export type Timeouts = {
  /** To get a connection to an upstream: to wait for a free one, or to open one. */
  readonly connectMs: number;
  /** From the request's end to the answer's headers. */
  readonly answerMs: number;
  /** Between two chunks of a body, from an upstream or into a client. */
  readonly idleMs: number;
  /** An open WebSocket without a byte in either direction. */
  readonly upgradeIdleMs: number;
  /** For a client to send the head of a request. */
  readonly requestHeadMs: number;
  /** For a client to send a whole request, head and body. */
  readonly requestMs: number;
  /** A whole mirrored call, from sending to the last byte. */
  readonly mirrorMs: number;
  /** How long a stopping gateway that says so (503 at /readyz) still takes new connections; part of `drainMs`. */
  readonly drainNoticeMs: number;
  /** How long a stopping gateway waits for what is in flight. */
  readonly drainMs: number;
};

const KIB = 1024;
const MIB = 1024 * KIB;
const GIB = 1024 * MIB;

export const DEFAULT_LIMITS: Limits = Object.freeze({
  requestBodyPeekBytesMax: MIB,
  captureBytesMax: 256 * KIB,
  mirrorInFlightMax: 64,
  mirrorQueueMax: 1000,
  mirrorQueueBytesMax: 16 * MIB,
  upstreamConnectionsMax: 256,
  upstreamQueueMax: 1024,
  headerBytesMax: 64 * KIB,
  upgradesMax: 10_000,
  headersMax: 100,
  targetBytesMax: 16 * KIB,
  requestBodyBytesMax: 16 * GIB,
  clientConnectionsMax: 10_000,
  streamsMax: 100,
  entitiesCachedMax: 50_000,
});

export const DEFAULT_TIMEOUTS: Timeouts = Object.freeze({
  connectMs: 2000,
  answerMs: 30_000,
  idleMs: 60_000,
  upgradeIdleMs: 300_000,
  requestHeadMs: 30_000,
  requestMs: 300_000,
  mirrorMs: 5000,
  drainNoticeMs: 200,
  drainMs: 10_000,
});
