import type { CallCopy, Difference, Observation } from '../../src/contract/calls.ts';
import { otherSide, type Side } from '../../src/contract/stages.ts';
import type { Redactor } from '../redact/index.ts';
import { compareText } from './counts.ts';
import { detached, sampleCall } from './samples.ts';
import type { Sample, SampleCall, SignatureSnapshot } from './snapshot.ts';

export type SignatureLimits = {
  /** Signatures of a type; differences beyond them are counted together. */
  readonly signaturesMax: number;
  /** Characters of all samples of a type; samples beyond them are kept without their call. */
  readonly sampleCharsMax: number;
};

/** The call in which differences were seen. */
export type Seen = {
  readonly atMs: number;
  readonly call: CallCopy;
  readonly primary: Observation | null;
  readonly candidate: Observation;
};

/** Samples of a signature, also after merging. */
const SAMPLES_MAX = 3;

type Entry = Omit<SignatureSnapshot, 'count' | 'firstSeenMs' | 'lastSeenMs' | 'samples'> & {
  count: number;
  firstSeenMs: number;
  lastSeenMs: number;
  samples: readonly Sample[];
};

/** The differences of a type by signature, with a few samples each, in bounded memory. */
export class Signatures {
  readonly #limits: SignatureLimits;
  readonly #redactor: Redactor;
  readonly #random: () => number;
  readonly #entries = new Map<string, Entry>();
  readonly #cleanPaths = new Set<string>();
  #sampleChars = 0;
  overflowed = 0;
  trimmed = 0;

  constructor(limits: SignatureLimits, redactor: Redactor, random: () => number) {
    this.#limits = limits;
    this.#redactor = redactor;
    this.#random = random;
  }

  note(differences: readonly Difference[], seen: Seen): void {
    const primary = otherSide(seen.candidate.side);
    for (const difference of differences) {
      const entry = this.#entry(difference, primary, seen);
      if (entry === null) {
        this.overflowed += 1;
        continue;
      }
      entry.count += 1;
      entry.lastSeenMs = Math.max(entry.lastSeenMs, seen.atMs);
      this.#sample(entry, difference, primary, seen);
    }
  }

  #entry(difference: Difference, primary: Side, { atMs, call }: Seen): Entry | null {
    const kind = kindBySide(difference.kind, primary);
    const path = this.#safePath(difference.path);
    const { explainedBy } = difference;
    const key = signatureKey({ operation: call.operation, kind, path, explainedBy });
    const known = this.#entries.get(key);
    if (known !== undefined) return known;
    if (this.#entries.size >= this.#limits.signaturesMax) return null;
    const made = {
      operation: call.operation,
      kind,
      path: detached(path),
      explainedBy,
      count: 0,
      firstSeenMs: atMs,
      lastSeenMs: atMs,
      samples: [],
    };
    this.#entries.set(detached(key), made);
    return made;
  }

  /** A key may be an address or a token. Paths that are clean are remembered: there are few, and they come again. */
  #safePath(path: string): string {
    if (this.#cleanPaths.has(path)) return path;
    const redacted = this.#redactor.text(path);
    if (redacted === path && this.#cleanPaths.size < this.#limits.signaturesMax) this.#cleanPaths.add(detached(path));
    return redacted;
  }

  /** Bottom-k sampling: every call has the same chance, and most draws are too high to cost anything. */
  #sample(entry: Entry, difference: Difference, primary: Side, seen: Seen): void {
    const draw = this.#random();
    const highest = entry.samples[SAMPLES_MAX - 1]?.draw ?? 1;
    if (draw >= highest) return;
    const before = entry.samples;
    entry.samples = mergeSamples(before, [this.#redacted(difference, primary, seen, draw)]);
    this.#sampleChars += charsOf(entry.samples) - charsOf(before);
  }

  #redacted(difference: Difference, primary: Side, seen: Seen, draw: number): Sample {
    const rendered = (text: string) => detached(this.#redactor.rendering(text, difference.at));
    const texts = [rendered(difference.primary), rendered(difference.candidate)] as const;
    const [legacy, v2] = primary === 'legacy' ? texts : [texts[1], texts[0]];
    const isFull = this.#sampleChars >= this.#limits.sampleCharsMax;
    if (isFull) this.trimmed += 1;
    const call: SampleCall | null = isFull ? null : sampleCall(seen.call, seen.primary, seen.candidate, this.#redactor);
    return { draw, atMs: seen.atMs, at: detached(this.#redactor.text(difference.at)), primary, legacy, v2, call };
  }

  snapshot(): readonly SignatureSnapshot[] {
    return [...this.#entries.values()].map((entry) => ({ ...entry })).sort(bySignature);
  }

  /** Adds what another process, or an earlier one, has seen; what finds no room is counted together. */
  absorb(signatures: readonly SignatureSnapshot[], overflowed: number, trimmed: number): void {
    for (const signature of signatures) this.#absorb(signature);
    this.overflowed += overflowed;
    this.trimmed += trimmed;
  }

  #absorb(signature: SignatureSnapshot): void {
    const key = signatureKey(signature);
    const known = this.#entries.get(key);
    if (known === undefined && this.#entries.size >= this.#limits.signaturesMax) {
      this.overflowed += signature.count;
      return;
    }
    const entry: Entry = known ?? { ...signature, count: 0, samples: [] };
    const before = entry.samples;
    entry.count += signature.count;
    entry.firstSeenMs = Math.min(entry.firstSeenMs, signature.firstSeenMs);
    entry.lastSeenMs = Math.max(entry.lastSeenMs, signature.lastSeenMs);
    entry.samples = mergeSamples(before, this.#withinLimit(signature.samples));
    this.#sampleChars += charsOf(entry.samples) - charsOf(before);
    this.#entries.set(key, entry);
  }

  #withinLimit(samples: readonly Sample[]): readonly Sample[] {
    const isFull = this.#sampleChars >= this.#limits.sampleCharsMax;
    if (isFull) this.trimmed += samples.filter(({ call }) => call !== null).length;
    return isFull ? samples.map((sample) => ({ ...sample, call: null })) : samples;
  }

  /** Forgets what was seen; what is known to be clean stays known. */
  clear(): void {
    this.#entries.clear();
    this.#sampleChars = 0;
    this.overflowed = 0;
    this.trimmed = 0;
  }
}

/** What the primary has and the candidate lacks is `missing`; told by side, it is what V2 lacks. */
function kindBySide(kind: Difference['kind'], primary: Side): Difference['kind'] {
  if (primary === 'legacy' || (kind !== 'missing' && kind !== 'extra')) return kind;
  return kind === 'missing' ? 'extra' : 'missing';
}

export function signatureKey(
  signature: Pick<SignatureSnapshot, 'operation' | 'kind' | 'path' | 'explainedBy'>,
): string {
  const { operation, kind, path, explainedBy } = signature;
  return `${operation}\n${kind}\n${path}\n${explainedBy ?? ''}`;
}

export function bySignature(a: SignatureSnapshot, b: SignatureSnapshot): number {
  return compareText(signatureKey(a), signatureKey(b));
}

export function mergeSamples(a: readonly Sample[], b: readonly Sample[]): readonly Sample[] {
  return [...a, ...b].sort(byDraw).slice(0, SAMPLES_MAX);
}

function byDraw(a: Sample, b: Sample): number {
  return a.draw - b.draw || compareText(JSON.stringify(a), JSON.stringify(b));
}

function charsOf(samples: readonly Sample[]): number {
  return samples.reduce((chars, sample) => chars + JSON.stringify(sample).length, 0);
}
