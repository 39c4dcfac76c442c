/**
 * How the elements of two arrays belong together. Hashes find partners, so one insertion at the head of 3,000
 * elements is one `extra`, not 3,000 differences. Linear: no edit distance is computed.
 */
export type Alignment = {
  /** Pairs to compare; equal elements in equal places are not among them. */
  readonly pairs: readonly Pair[];
  /** Primary indexes without a partner. */
  readonly missing: readonly number[];
  /** Candidate indexes without a partner. */
  readonly extra: readonly number[];
  /** The first element that stands before one that it used to follow. */
  readonly moved: Pair | null;
};

export type Pair = { readonly primary: number; readonly candidate: number };

/** What is asked about elements. Hashes are equal for equal elements; an identity of 0 means "none". */
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
  if (!matching.leavesOnePairAtMost()) {
    matching.byHash();
    matching.byIdentity();
  }
  return matching.result();
}

const NONE = -1;

class Matching {
  readonly #elements: Elements;
  /** By primary index. */
  readonly #partner: Int32Array;
  /** By candidate index. */
  readonly #taken: Uint8Array;
  readonly #pairs: Pair[] = [];
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

  /** The last two free elements are partners, whatever they hold. */
  leavesOnePairAtMost(): boolean {
    return this.#partner.length - this.#joined <= 1 && this.#taken.length - this.#joined <= 1;
  }

  byHash(): void {
    const byHash = new Index(this.#freeCandidates(), this.#taken.length, this.#elements.candidateHash);
    for (const primary of this.#freePrimaries()) {
      const candidate = byHash.takeFirst(this.#elements.primaryHash(primary));
      if (candidate !== NONE) this.#pair(primary, candidate);
    }
  }

  /** Elements that changed but kept the id they carry; only where the id is unique on both sides. */
  byIdentity(): void {
    const { primaryIdentity, candidateIdentity } = this.#elements;
    const primaries = this.#freePrimaries();
    const candidates = this.#freeCandidates();
    if (primaries.length === 0 || candidates.length === 0) return;
    const rivals = new Index(primaries, this.#partner.length, primaryIdentity);
    const byIdentity = new Index(candidates, this.#taken.length, candidateIdentity);
    for (const primary of primaries) {
      const identity = primaryIdentity(primary);
      if (identity === 0 || !rivals.isUnique(identity) || !byIdentity.isUnique(identity)) continue;
      this.#pair(primary, byIdentity.takeFirst(identity));
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
        else this.#pairs.push({ primary, candidate });
      }
      for (const candidate of candidates.slice(primaries.length)) extra.push(candidate);
    }
    return { pairs: this.#pairs, missing, extra, moved };
  }

  #moved(): Pair | null {
    let last = NONE;
    for (let primary = 0; primary < this.#partner.length; primary += 1) {
      const candidate = this.#partner[primary] as number;
      if (candidate === NONE) continue;
      if (candidate < last) return { primary, candidate };
      last = candidate;
    }
    return null;
  }

  /** The free elements of both sides between two neighbouring pairs. Pairs must not cross. */
  #gaps(): Gap[] {
    if (this.#joined === this.#partner.length && this.#joined === this.#taken.length) return [];
    const gaps: Gap[] = [];
    let primaries: number[] = [];
    let candidateAt = 0;
    const close = (candidateEnd: number): void => {
      if (primaries.length > 0 || candidateAt < candidateEnd) {
        gaps.push({ primaries, candidates: range(candidateAt, candidateEnd) });
        primaries = [];
      }
      candidateAt = candidateEnd + 1;
    };
    for (let primary = 0; primary < this.#partner.length; primary += 1) {
      const candidate = this.#partner[primary] as number;
      if (candidate === NONE) primaries.push(primary);
      else close(candidate);
    }
    close(this.#taken.length);
    return gaps;
  }

  #oneGap(): Gap {
    return { primaries: this.#freePrimaries(), candidates: this.#freeCandidates() };
  }

  #pair(primary: number, candidate: number): void {
    this.#join(primary, candidate);
    this.#pairs.push({ primary, candidate });
  }

  #join(primary: number, candidate: number): void {
    this.#partner[primary] = candidate;
    this.#taken[candidate] = 1;
    this.#joined += 1;
  }

  #freePrimaries(): number[] {
    const free: number[] = [];
    for (let index = 0; index < this.#partner.length; index += 1) if (this.#partner[index] === NONE) free.push(index);
    return free;
  }

  #freeCandidates(): number[] {
    const free: number[] = [];
    for (let index = 0; index < this.#taken.length; index += 1) if (this.#taken[index] === 0) free.push(index);
    return free;
  }
}

/** Free elements that may belong together, in order. */
type Gap = { readonly primaries: readonly number[]; readonly candidates: readonly number[] };

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, offset) => from + offset);
}

/** Element indexes by key. Those of one key form a list, the lowest index first. */
class Index {
  readonly #first = new Map<number, number>();
  readonly #next: Int32Array;

  constructor(indexes: readonly number[], length: number, keyOf: (index: number) => number) {
    this.#next = new Int32Array(length).fill(NONE);
    for (const index of indexes.toReversed()) {
      const key = keyOf(index);
      this.#next[index] = this.#first.get(key) ?? NONE;
      this.#first.set(key, index);
    }
  }

  isUnique(key: number): boolean {
    const first = this.#first.get(key) ?? NONE;
    return first !== NONE && this.#next[first] === NONE;
  }

  /** `NONE`: none is left. */
  takeFirst(key: number): number {
    const first = this.#first.get(key) ?? NONE;
    if (first !== NONE) this.#first.set(key, this.#next[first] as number);
    return first;
  }
}
