/** Upper bounds in seconds: those that OpenTelemetry advises for the durations of HTTP requests. */
export const BOUNDS_SECONDS = [
  0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10,
] as const satisfies readonly number[];

/** How many durations fell into each bucket, the last of which has no upper bound, and what they sum to. */
export type DurationCounts = { readonly buckets: readonly number[]; readonly sumSeconds: number };

/** A histogram in an array that is there beforehand: to record is to find a bucket and add to it. */
export class Durations {
  /** Whole numbers; doubles count exactly up to 2^53, where 32 bits would wrap. */
  readonly #buckets = new Float64Array(BOUNDS_SECONDS.length + 1);
  #sumSeconds = 0;

  record(seconds: number): void {
    let bucket = 0;
    // Most calls are short, so the search from below ends soon. A bound is part of its bucket.
    while (bucket < BOUNDS_SECONDS.length && seconds > (BOUNDS_SECONDS[bucket] ?? 0)) bucket += 1;
    this.#buckets[bucket] = (this.#buckets[bucket] ?? 0) + 1;
    this.#sumSeconds += seconds;
  }

  counts(): DurationCounts {
    return { buckets: [...this.#buckets], sumSeconds: this.#sumSeconds };
  }
}
