import type { Limits, Timeouts } from '../contract/limits.ts';

/** What one number of the sections `limits` and `timeouts` may be. */
export type Bound = { readonly min: number; readonly max: number; readonly meaning: string };

const KIB = 1024;
const MIB = 1024 * KIB;
const GIB = 1024 * MIB;
/** setTimeout fires at once beyond 2^31 - 1 ms; a day is longer than any wait that makes sense here. */
const DAY_MS = 86_400_000;

export const LIMIT_BOUNDS = {
  requestBodyPeekBytesMax: { min: KIB, max: GIB, meaning: 'Bytes of a request body read ahead to find an id in it.' },
  captureBytesMax: { min: KIB, max: GIB, meaning: 'Bytes of a body kept for comparing.' },
  mirrorInFlightMax: { min: 1, max: 100_000, meaning: 'Mirrored calls under way at once, per type.' },
  mirrorQueueMax: { min: 1, max: 10_000_000, meaning: 'Mirrored calls waiting, per type.' },
  mirrorQueueBytesMax: { min: KIB, max: 16 * GIB, meaning: 'Bytes of bodies of mirrored calls waiting, per type.' },
  upstreamConnectionsMax: { min: 1, max: 65_535, meaning: 'Connections per side and type.' },
  upstreamQueueMax: { min: 0, max: 10_000_000, meaning: 'Calls waiting for a connection, per side and type.' },
  headerBytesMax: { min: KIB, max: MIB, meaning: 'Bytes of the headers of one message.' },
  upgradesMax: { min: 0, max: 1_000_000, meaning: 'WebSockets open at once, over all types.' },
  headersMax: { min: 10, max: 2000, meaning: 'Headers of one request.' },
  targetBytesMax: { min: 256, max: MIB, meaning: 'Bytes of a request target.' },
  requestBodyBytesMax: { min: KIB, max: 1024 * GIB, meaning: 'Bytes of a request body.' },
  clientConnectionsMax: { min: 1, max: 1_000_000, meaning: 'Connections of clients at once.' },
  streamsMax: { min: 0, max: 10_000, meaning: 'Streams of HTTP/2 open at once, per connection; 0: no HTTP/2.' },
  entitiesCachedMax: { min: 0, max: 100_000_000, meaning: 'Ids of entities kept in memory in front of the store.' },
} as const satisfies Record<keyof Limits, Bound>;

export const TIMEOUT_BOUNDS = {
  connectMs: { min: 1, max: DAY_MS, meaning: 'To get a connection to an upstream.' },
  answerMs: { min: 1, max: DAY_MS, meaning: "From the request's end to the answer's headers." },
  idleMs: { min: 1, max: DAY_MS, meaning: 'Between two chunks of a body.' },
  upgradeIdleMs: { min: 1, max: DAY_MS, meaning: 'An open WebSocket without a byte in either direction.' },
  requestHeadMs: { min: 10, max: DAY_MS, meaning: 'For a client to send the head of a request.' },
  requestMs: { min: 10, max: DAY_MS, meaning: 'For a client to send a whole request.' },
  mirrorMs: { min: 1, max: DAY_MS, meaning: 'A whole mirrored call.' },
  drainNoticeMs: {
    min: 0,
    max: DAY_MS,
    meaning: 'How long a stopping gateway, while /readyz says 503, still takes new connections; part of drainMs.',
  },
  drainMs: { min: 0, max: DAY_MS, meaning: 'How long a stopping gateway waits for what is in flight.' },
} as const satisfies Record<keyof Timeouts, Bound>;
