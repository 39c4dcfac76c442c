import { DDSketch } from '@datadog/sketches-js';

/** Quantiles are off by at most this part of their value. */
export const RELATIVE_ACCURACY = 0.01;
/** What is quicker than a microsecond or slower than a day is counted at that bound, so that bins stay few. */
const MS_MIN = 0.001;
const MS_MAX = 86_400_000;

/** A latency distribution as plain JSON. Two of them add up bin by bin, in any order, without loss. */
export type LatencySnapshot = {
  readonly relativeAccuracy: number;
  /** Bin key, count, bin key, count... by rising key. */
  readonly bins: readonly number[];
  /** `null`: nothing was recorded. */
  readonly minMs: number | null;
  readonly maxMs: number | null;
};

/** A latency distribution in bounded memory: a DDSketch (Masson, Rim, Lee: VLDB 2019). */
export class Latency {
  readonly #sketch = new DDSketch({ relativeAccuracy: RELATIVE_ACCURACY });

  record(ms: number): void {
    // NaN and negative times come from clocks that were set back.
    this.#sketch.accept(ms > MS_MIN ? Math.min(ms, MS_MAX) : MS_MIN);
  }

  /** `null`: nothing was recorded. `quantile` from 0 to 1. */
  quantile(quantile: number): number | null {
    if (this.#sketch.count === 0) return null;
    const ms = this.#sketch.getValueAtQuantile(quantile);
    return Math.min(Math.max(ms, this.#sketch.min), this.#sketch.max);
  }

  get count(): number {
    return this.#sketch.count;
  }

  snapshot(): LatencySnapshot {
    const { store, min, max, count } = this.#sketch;
    const bins: number[] = [];
    for (const [index, weight] of store.bins.entries()) if (weight > 0) bins.push(index + store.offset, weight);
    const range = count === 0 ? { minMs: null, maxMs: null } : { minMs: min, maxMs: max };
    return { relativeAccuracy: RELATIVE_ACCURACY, bins, ...range };
  }

  static restore(snapshot: LatencySnapshot): Latency {
    const latency = new Latency();
    latency.absorb(snapshot);
    return latency;
  }

  /** Adds what another process recorded. */
  absorb({ bins, minMs, maxMs }: LatencySnapshot): void {
    const sketch = this.#sketch;
    for (let index = 0; index < bins.length; index += 2) {
      const weight = bins[index + 1] ?? 0;
      sketch.store.add(bins[index] ?? 0, weight);
      sketch.count += weight;
    }
    sketch.min = Math.min(sketch.min, minMs ?? Number.POSITIVE_INFINITY);
    sketch.max = Math.max(sketch.max, maxMs ?? Number.NEGATIVE_INFINITY);
  }
}

export function mergeLatencies(a: LatencySnapshot, b: LatencySnapshot): LatencySnapshot {
  const counts = new Map<number, number>();
  for (const { bins } of [a, b]) {
    for (let index = 0; index < bins.length; index += 2) {
      const key = bins[index] ?? 0;
      counts.set(key, (counts.get(key) ?? 0) + (bins[index + 1] ?? 0));
    }
  }
  const bins = [...counts].sort(([left], [right]) => left - right).flat();
  return { ...a, bins, minMs: outermost(Math.min, a.minMs, b.minMs), maxMs: outermost(Math.max, a.maxMs, b.maxMs) };
}

function outermost(pick: (a: number, b: number) => number, a: number | null, b: number | null): number | null {
  return a === null || b === null ? (a ?? b) : pick(a, b);
}
