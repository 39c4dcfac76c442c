import type { Difference } from '../../src/contract/calls.ts';
import type { Place } from './place.ts';

export type DifferenceKind = Difference['kind'];

/** The differences of one comparison: all are counted, the first of each signature is kept. */
export class Differences {
  total = 0;
  unexplained = 0;
  readonly #max: number;
  readonly #kept = { explained: new Map<string, Difference>(), unexplained: new Map<string, Difference>() };

  constructor(max: number) {
    this.#max = max;
  }

  /** `render` gives the short texts of both sides; it is called only for a difference that is kept. */
  add(
    kind: DifferenceKind,
    place: Place,
    explainedBy: string | null,
    render: () => readonly [primary: string, candidate: string],
  ): void {
    this.total += 1;
    if (explainedBy === null) this.unexplained += 1;
    const kept = explainedBy === null ? this.#kept.unexplained : this.#kept.explained;
    const signature = `${kind} ${place.path}`;
    if (kept.size >= this.#max || kept.has(signature)) return;
    const [primary, candidate] = render();
    kept.set(signature, { kind, path: place.path, at: place.at, primary, candidate, explainedBy });
  }

  /** The unexplained ones first, so that explained ones never push them out. */
  list(): readonly Difference[] {
    const { unexplained, explained } = this.#kept;
    return [...unexplained.values(), ...explained.values()].slice(0, this.#max);
  }
}
