const MS = 60_000;
/** Held answers are written at once, and may be long. */
const BYTES_PER_SECOND_MIN = 16 * 1024;

/** How long a client that was cut off, or has all of its answer, may take to read what is left of it. */
export function readRestMs(bytes: number): number {
  return MS + (bytes / BYTES_PER_SECOND_MIN) * 1000;
}
