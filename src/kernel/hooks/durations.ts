const BUCKETS = 128;
const WINDOW_MS = 60_000;

/**
 * How long calls took lately: a histogram of microseconds in quarter octaves (a value is known to 25 %, up
 * to half an hour), over the running minute and the one before. Fixed size, whatever the number of calls.
 */
export class Durations {
  #current = new Uint32Array(BUCKETS);
  #previous = new Uint32Array(BUCKETS);
  #windowEndsMs: number;

  constructor(nowMs: number) {
    this.#windowEndsMs = nowMs + WINDOW_MS;
  }

  record(tookMs: number, nowMs: number): void {
    if (nowMs >= this.#windowEndsMs) this.#turn(nowMs);
    const bucket = bucketOf(tookMs);
    this.#current[bucket] = (this.#current[bucket] ?? 0) + 1;
  }

  /** Milliseconds, the upper edge of the bucket; `null` when nothing was called. */
  quantile(share: number, nowMs: number): number | null {
    return quantileOf([this], share, nowMs);
  }

  /** Adds the counts to `sums`. */
  addTo(sums: Float64Array, nowMs: number): void {
    if (nowMs >= this.#windowEndsMs) this.#turn(nowMs);
    for (let i = 0; i < BUCKETS; i++) sums[i] = (sums[i] ?? 0) + (this.#current[i] ?? 0) + (this.#previous[i] ?? 0);
  }

  #turn(nowMs: number): void {
    const missedWindows = Math.floor((nowMs - this.#windowEndsMs) / WINDOW_MS);
    const spare = this.#previous.fill(0);
    this.#previous = missedWindows === 0 ? this.#current : this.#current.fill(0);
    this.#current = spare;
    this.#windowEndsMs += (missedWindows + 1) * WINDOW_MS;
  }
}

/** The quantile over several histograms together. */
export function quantileOf(all: Iterable<Durations>, share: number, nowMs: number): number | null {
  const sums = new Float64Array(BUCKETS);
  for (const durations of all) durations.addTo(sums, nowMs);
  const total = sums.reduce((sum, count) => sum + count, 0);
  if (total === 0) return null;
  let seen = 0;
  const bucket = sums.findIndex((count) => {
    seen += count;
    return seen >= total * share;
  });
  return upperEdgeMs(bucket);
}

function bucketOf(tookMs: number): number {
  const us = Math.min(tookMs * 1_000, 0x7fffffff) | 0;
  if (us < 4) return us;
  const exponent = 31 - Math.clz32(us);
  return exponent * 4 + ((us >> (exponent - 2)) & 3);
}

function upperEdgeMs(bucket: number): number {
  if (bucket < 4) return (bucket + 1) / 1_000;
  const exponent = bucket >> 2;
  return (2 ** exponent * (1 + ((bucket & 3) + 1) / 4)) / 1_000;
}
