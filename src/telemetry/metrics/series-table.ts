import { Durations } from './durations.ts';
import type { Point } from './snapshot.ts';

/**
 * The series of one histogram, by type and by a small integer that stands for the other labels. As many as it may
 * hold are held for good; durations of further ones go to one series together.
 */
export class SeriesTable {
  readonly #max: number;
  readonly #labelsOf: (key: number) => readonly string[];
  readonly #types = new Map<string, Map<number, Durations>>();
  readonly #overflow = new Durations();
  #size = 0;
  #overflowed = 0;

  /** @param labelsOf the values of the labels that a key stands for */
  constructor(max: number, labelsOf: (key: number) => readonly string[]) {
    this.#max = max;
    this.#labelsOf = labelsOf;
  }

  record(type: string, key: number, seconds: number): void {
    (this.#types.get(type)?.get(key) ?? this.#newSeries(type, key)).record(seconds);
  }

  #newSeries(type: string, key: number): Durations {
    if (this.#size >= this.#max) {
      this.#overflowed += 1;
      return this.#overflow;
    }
    this.#size += 1;
    const ofType = this.#types.get(type) ?? new Map<number, Durations>();
    this.#types.set(type, ofType);
    const durations = new Durations();
    ofType.set(key, durations);
    return durations;
  }

  get size(): number {
    return this.#size;
  }

  /** Durations that found no series of their own. */
  get overflowed(): number {
    return this.#overflowed;
  }

  points(): readonly Point[] {
    const points: Point[] = [];
    for (const [type, ofType] of this.#types) {
      for (const [key, durations] of ofType)
        points.push({ labels: [type, ...this.#labelsOf(key)], value: durations.counts() });
    }
    if (this.#overflowed > 0) points.push({ labels: null, value: this.#overflow.counts() });
    return points;
  }
}
