import type { Limits } from '../contract/limits.ts';
import type { Configured } from '../gateway/parts.ts';

/** Whether a limit bounds one thing (`each`), or all that the gateway holds at once (`all`). */
const BOUNDS = {
  requestBodyPeekBytesMax: 'each',
  captureBytesMax: 'each',
  mirrorInFlightMax: 'all',
  mirrorQueueMax: 'all',
  mirrorQueueBytesMax: 'all',
  upstreamConnectionsMax: 'all',
  upstreamQueueMax: 'all',
  headerBytesMax: 'each',
  upgradesMax: 'all',
  headersMax: 'each',
  targetBytesMax: 'each',
  streamsMax: 'each',
  requestBodyBytesMax: 'each',
  // Kept by the supervisor, which accepts them.
  clientConnectionsMax: 'each',
  entitiesCachedMax: 'each',
} as const satisfies Record<keyof Limits, 'each' | 'all'>;

/** A config as one of `workers` gets it: its share, rounded up, of what all of them may hold together. */
export function shareOf({ limits, ...rest }: Configured, workers: number): Configured {
  const share = Object.fromEntries(
    Object.entries(limits).map(([name, value]) => [
      name,
      BOUNDS[name as keyof Limits] === 'all' ? Math.ceil(value / workers) : value,
    ]),
  ) as Limits;
  return { ...rest, limits: share };
}
