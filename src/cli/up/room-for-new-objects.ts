import { setFlagsFromString } from 'node:v8';

/** MB. Smaller room is looked through more often, and what is there is mostly gone by then: it costs nothing. */
const ROOM_MB = 2;

/** The first V8 that takes the flag while it runs; an earlier one would complain on stderr. */
const V8_MAJOR_MIN = 13;

/**
 * Keeps V8's room for new objects small. A chunk that was read and sent on stays in memory until that room is full
 * and looked through; by default it grows to 32 MB, which small objects fill slowly, so a large upload leaves 100 MB of
 * chunks behind at times. `npm run bench -- gateway` measures one.
 */
export function keepLittleRoomForNewObjects(): void {
  const [major] = process.versions.v8.split('.');
  if (Number(major) >= V8_MAJOR_MIN) setFlagsFromString(`--scavenger-max-new-space-capacity-mb=${ROOM_MB}`);
}
