import { setFlagsFromString } from 'node:v8';

/** MB. Smaller room is looked through more often, and what is there is mostly gone by then: it costs nothing. */
const ROOM_MB = 2;

/** Node 24's, the one V8 that knows the flag; others would complain on stderr. */
const V8_MAJOR = 13;

/**
 * Keeps V8's room for new objects small. A chunk that was read and sent on stays in memory until that room is full
 * and looked through; by default it grows to 32 MB, which small objects fill slowly, so a large upload leaves 100 MB of
 * chunks behind at times. `npm run bench -- gateway` measures one.
 */
export function keepLittleRoomForNewObjects(): void {
  const [major] = process.versions.v8.split('.');
  if (Number(major) === V8_MAJOR) setFlagsFromString(`--scavenger-max-new-space-capacity-mb=${ROOM_MB}`);
}
