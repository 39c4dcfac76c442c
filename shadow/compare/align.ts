/**
 * How the elements of two arrays belong together. Hashes find partners, so one insertion at the head of 3,000
 * elements is one `extra`, not 3,000 differences. Linear: no edit distance is computed.
 */
export type Alignment = {
  /** Pairs to compare, as [primary index, candidate index]; equal elements in equal places are not among them. */
  readonly pairs: readonly (readonly [number, number])[];
  /** Primary indexes without a partner. */
  readonly missing: readonly number[];
  /** Candidate indexes without a partner. */
  readonly extra: readonly number[];
  /** The first element that stands before one that it used to follow. */
  readonly moved: readonly [from: number, to: number] | null;
};

/** What the alignment asks about elements. Hashes are equal for equal elements; an identity of 0 means "none". */
export type Elements = {
  readonly primaryLength: number;
  readonly candidateLength: number;
  readonly same: (primaryIndex: number, candidateIndex: number) => boolean;
  readonly primaryHash: (index: number) => number;
  readonly candidateHash: (index: number) => number;
  readonly primaryIdentity: (index: number) => number;
  readonly candidateIdentity: (index: number) => number;
};

export function align(elements: Elements): Alignment {
  const matching = new Matching(elements);
  matching.inPlace();
  if (matching.isOneToOne()) return matching.result();
  matching.byHash();
  matching.byIdentity();
  return matching.result();
}

/** Free elements that may belong together, in order. */
type Gap = { readonly primaries: readonly number[]; readonly candidates: readonly number[] };

const NONE = -1;

class Matching {
  readonly #elements: Elements;
  readonly #partner: Int32Array;
  readonly #taken: Uint8Array;
  readonly #pairs: (readonly [number, number])[] = [];
  #joined = 0;

  constructor(elements: Elements) {
    this.#elements = elements;
    this.#partner = new Int32Array(elements.primaryLength).fill(NONE);
    this.#taken = new Uint8Array(elements.candidateLength);
  }

  /** Equal lengths: what is equal index by index. Otherwise: the common beginning and end. */
  inPlace(): void {
    const { primaryLength, candidateLength, same } = this.#elements;
    if (primaryLength === candidateLength) {
      for (let index = 0; index < primaryLength; index += 1) if (same(index, index)) this.#join(index, index);
      return;
    }
    const shorter = Math.min(primaryLength, candidateLength);
    let head = 0;
    while (head < shorter && same(head, head)) {
      this.#join(head, head);
      head += 1;
    }
    for (let tail = 1; tail <= shorter - head; tail += 1) {
      if (!same(primaryLength - tail, candidateLength - tail)) return;
      this.#join(primaryLength - tail, candidateLength - tail);
    }
  }

  /** At most one element on each side is left: they are partners, whatever they hold. */
  isOneToOne(): boolean {
    return this.#partner.length - this.#joined <= 1 && this.#taken.length - this.#joined <= 1;
  }

  byHash(): void {
    this.#match(this.#elements.primaryHash, this.#elements.candidateHash, false);
  }

  /** Elements that changed but kept the id they carry; only where the id is unique on both sides. */
  byIdentity(): void {
    this.#match(this.#elements.primaryIdentity, this.#elements.candidateIdentity, true);
  }

  #match(primaryKey: (index: number) => number, candidateKey: (index: number) => number, unique: boolean): void {
    const primaries = this.#freePrimary();
    const candidates = this.#freeCandidate();
    if (primaries.length === 0 || candidates.length === 0) return;
    const byKey = group(candidates, candidateKey);
    const rivals = unique ? group(primaries, primaryKey) : null;
    for (const primary of primaries) {
      const key = primaryKey(primary);
      const found = byKey.get(key);
      if (found === undefined) continue;
      if (rivals !== null && (key === 0 || found.length > 1 || rivals.get(key)?.length !== 1)) continue;
      const candidate = found.pop();
      if (candidate === undefined) continue;
      this.#join(primary, candidate);
      this.#pairs.push([primary, candidate]);
    }
  }

  result(): Alignment {
    const moved = this.#moved();
    const missing: number[] = [];
    const extra: number[] = [];
    for (const { primaries, candidates } of moved === null ? this.#gaps() : [this.#oneGap()]) {
      for (const [order, primary] of primaries.entries()) {
        const candidate = candidates[order];
        if (candidate === undefined) missing.push(primary);
        else this.#pairs.push([primary, candidate]);
      }
      for (const candidate of candidates.slice(primaries.length)) extra.push(candidate);
    }
    return { pairs: this.#pairs, missing, extra, moved };
  }

  #moved(): readonly [number, number] | null {
    let last = NONE;
    for (const [index, partner] of this.#partner.entries()) {
      if (partner === NONE) continue;
      if (partner < last) return [index, partner];
      last = partner;
    }
    return null;
  }

  /** The free elements of both sides between two neighbouring pairs. Pairs must not cross. */
  #gaps(): Gap[] {
    const gaps: Gap[] = [];
    let primaries: number[] = [];
    let candidateAt = 0;
    const close = (candidateEnd: number): void => {
      const candidates = range(candidateAt, candidateEnd);
      if (primaries.length > 0 || candidates.length > 0) gaps.push({ primaries, candidates });
      primaries = [];
      candidateAt = candidateEnd + 1;
    };
    for (const [index, partner] of this.#partner.entries()) {
      if (partner === NONE) primaries.push(index);
      else close(partner);
    }
    close(this.#taken.length);
    return gaps;
  }

  #oneGap(): Gap {
    return { primaries: this.#freePrimary(), candidates: this.#freeCandidate() };
  }

  #join(primary: number, candidate: number): void {
    this.#partner[primary] = candidate;
    this.#taken[candidate] = 1;
    this.#joined += 1;
  }

  #freePrimary(): number[] {
    return range(0, this.#partner.length).filter((index) => this.#partner[index] === NONE);
  }

  #freeCandidate(): number[] {
    return range(0, this.#taken.length).filter((index) => this.#taken[index] === 0);
  }
}

function range(from: number, to: number): number[] {
  return Array.from({ length: Math.max(0, to - from) }, (_, offset) => from + offset);
}

/** Indexes by key, the first index last, so that `pop` takes them in order. */
function group(indexes: readonly number[], keyOf: (index: number) => number): Map<number, number[]> {
  const groups = new Map<number, number[]>();
  for (const index of indexes.toReversed()) {
    const key = keyOf(index);
    const known = groups.get(key);
    if (known === undefined) groups.set(key, [index]);
    else known.push(index);
  }
  return groups;
}
