import type { Difference } from '../../src/contract/calls.ts';
import type { PathSignature, Place } from './place.ts';

export type DifferenceKind = Difference['kind'];

/** The differences of one comparison: all are counted, the first of each signature is kept. */
export class Differences {
  total = 0;
  unexplained = 0;
  readonly #max: number;
  readonly #explained = new Kept();
  readonly #unexplained = new Kept();

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
    const kept = explainedBy === null ? this.#unexplained : this.#explained;
    if (kept.list.length >= this.#max || !kept.isNew(kind, place.signature)) return;
    const [primary, candidate] = render();
    kept.list.push({ kind, path: place.signature.path, at: place.at, primary, candidate, explainedBy });
  }

  /** The unexplained ones first, so that explained ones never push them out. */
  list(): readonly Difference[] {
    return [...this.#unexplained.list, ...this.#explained.list].slice(0, this.#max);
  }
}

class Kept {
  readonly list: Difference[] = [];
  readonly #kinds = new Map<PathSignature, Set<DifferenceKind>>();

  isNew(kind: DifferenceKind, signature: PathSignature): boolean {
    const kinds = this.#kinds.get(signature);
    if (kinds?.has(kind)) return false;
    if (kinds === undefined) this.#kinds.set(signature, new Set([kind]));
    else kinds.add(kind);
    return true;
  }
}
