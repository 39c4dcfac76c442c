/**
 * Ids that V2 makes: UUIDs of version 8 (RFC 9562 §5.8), so that a lookup that lost its store still finds
 * the side an id came from. Legacy ids are version 4 or no UUIDs at all.
 *
 *     tttttttt-tttt-8ba7-vrrr-rrrrrrrrrrrr
 *     └ epoch ms ┘  └ version and marker   v: variant, r: 62 random bits
 */
import { randomUUID } from 'node:crypto';

/** `custom_b` of the UUID, 12 bits. */
export const V2_MARKER = 'ba7';

const V2_ID = new RegExp(`^[0-9a-f]{8}-[0-9a-f]{4}-8${V2_MARKER}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`, 'i');

/** Ids of one millisecond are random among themselves; over time they sort as they were made. */
export function newV2Id(nowMs: number = Date.now(), uuid: string = randomUUID()): string {
  const time = Math.trunc(nowMs).toString(16).padStart(12, '0').slice(-12);
  return `${time.slice(0, 8)}-${time.slice(8)}-8${V2_MARKER}-${uuid.slice(19)}`;
}

export function isV2Id(id: string): boolean {
  return V2_ID.test(id);
}
