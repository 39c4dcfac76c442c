import { align, type Elements } from './align.ts';
import type { DifferenceKind, Differences } from './differences.ts';
import { Hashing } from './hashing.ts';
import { type Pairing, sameNumericId, sameText } from './ids.ts';
import { isNumber, type Json, JsonArray, JsonObject, jsonType, LongNumber } from './json.ts';
import type { Budget } from './limits.ts';
import { commonBeginning, matchMembers } from './members.ts';
import type { Place } from './place.ts';
import { render, renderPair } from './render.ts';
import type { RuleState } from './rule-state.ts';

const ABSENT = 'absent';

/** Walks two values side by side and notes where they differ. */
export class Walk {
  readonly #pairing: Pairing;
  readonly #budget: Budget;
  readonly #found: Differences;
  readonly #hashing: Hashing;
  /** Only asking whether two values are equal: the first difference ends the walk, and nothing is noted. */
  #probing = false;

  constructor(pairing: Pairing, budget: Budget, found: Differences) {
    this.#pairing = pairing;
    this.#budget = budget;
    this.#found = found;
    this.#hashing = new Hashing(pairing, budget);
  }

  /**
   * Whether the two are equal.
   * @throws GiveUp `too_complex`
   */
  visit(primary: Json, candidate: Json, place: Place, state: RuleState): boolean {
    this.#budget.spend();
    if (state.widens && state.accepts(primary, candidate)) return true;
    if (Object.is(primary, candidate)) return true;
    if (primary instanceof JsonObject && candidate instanceof JsonObject) {
      return this.#objects(primary, candidate, place, state);
    }
    if (primary instanceof JsonArray && candidate instanceof JsonArray) {
      return this.#probing
        ? this.#probeArrays(primary, candidate, place, state)
        : this.#arrays(primary, candidate, place, state);
    }
    if (this.#sameScalar(primary, candidate)) return true;
    const kind = jsonType(primary) === jsonType(candidate) ? 'value' : 'type';
    return this.#differ(kind, place, state, () => renderPair(primary, candidate));
  }

  #sameScalar(primary: Json, candidate: Json): boolean {
    if (typeof primary === 'string' && typeof candidate === 'string')
      return sameText(primary, candidate, this.#pairing);
    if (!isNumber(primary) || !isNumber(candidate)) return false;
    if (typeof primary === 'number' && typeof candidate === 'number') {
      return sameNumericId(primary, candidate, this.#pairing);
    }
    return (
      primary instanceof LongNumber && candidate instanceof LongNumber && primary.canonical === candidate.canonical
    );
  }

  #objects(primary: JsonObject, candidate: JsonObject, place: Place, state: RuleState): boolean {
    const from = commonBeginning(primary, candidate, this.#pairing);
    let equal = true;
    for (let index = 0; index < from; index += 1) {
      if (this.#members(primary, index, candidate, index, place, state)) continue;
      if (this.#probing) return false;
      equal = false;
    }
    if (from === primary.keys.length && from === candidate.keys.length) return equal;
    return this.#rearranged(primary, candidate, from, place, state) && equal;
  }

  /** The members from `from` on: in another order, under twins' ids, or on one side only. */
  #rearranged(primary: JsonObject, candidate: JsonObject, from: number, place: Place, state: RuleState): boolean {
    const { pairs, missing, extra } = matchMembers(primary, candidate, from, this.#pairing);
    let equal = true;
    for (const [primaryIndex, candidateIndex] of pairs) {
      if (this.#members(primary, primaryIndex, candidate, candidateIndex, place, state)) continue;
      if (this.#probing) return false;
      equal = false;
    }
    const siblings = Math.max(primary.keys.length, candidate.keys.length);
    for (const [kind, object, indexes] of [
      ['missing', primary, missing],
      ['extra', candidate, extra],
    ] as const) {
      for (const index of indexes) {
        const key = object.keys[index] as string;
        const isTwin = kind === 'extra' && this.#pairing.toPrimary(key) !== undefined;
        if (this.#lone(kind, object.values[index] as Json, place.member(key, siblings, isTwin), state.step(key)))
          continue;
        if (this.#probing) return false;
        equal = false;
      }
    }
    return equal;
  }

  #members(
    primary: JsonObject,
    primaryIndex: number,
    candidate: JsonObject,
    candidateIndex: number,
    place: Place,
    state: RuleState,
  ): boolean {
    const primaryValue = primary.values[primaryIndex] as Json;
    const candidateValue = candidate.values[candidateIndex] as Json;
    if (Object.is(primaryValue, candidateValue)) {
      this.#budget.spend();
      return true;
    }
    const key = primary.keys[primaryIndex] as string;
    const siblings = Math.max(primary.keys.length, candidate.keys.length);
    const member = place.member(key, siblings, key !== candidate.keys[candidateIndex]);
    return this.visit(primaryValue, candidateValue, member, state.step(key));
  }

  #probeArrays(primary: JsonArray, candidate: JsonArray, place: Place, state: RuleState): boolean {
    if (primary.items.length !== candidate.items.length) return false;
    for (const [index, item] of primary.items.entries()) {
      if (!this.visit(item, candidate.items[index] as Json, place, state.step(index))) return false;
    }
    return true;
  }

  #arrays(primary: JsonArray, candidate: JsonArray, place: Place, state: RuleState): boolean {
    const { pairs, missing, extra, moved } = align(this.#elements(primary, candidate, place, state));
    let equal = moved === null;
    if (moved !== null) {
      const [from, to] = moved;
      this.#differ('order', place, state, () => [`element at index ${from}`, `the same element at index ${to}`]);
    }
    for (const [from, to] of pairs) {
      const element = place.element(from);
      equal = this.visit(primary.items[from] as Json, candidate.items[to] as Json, element, state.step(from)) && equal;
    }
    for (const index of missing) {
      equal = this.#lone('missing', primary.items[index] as Json, place.element(index), state.step(index)) && equal;
    }
    for (const index of extra) {
      equal = this.#lone('extra', candidate.items[index] as Json, place.element(index), state.step(index)) && equal;
    }
    return equal;
  }

  #elements(primary: JsonArray, candidate: JsonArray, place: Place, state: RuleState): Elements {
    const hashing = this.#hashing;
    return {
      primaryLength: primary.items.length,
      candidateLength: candidate.items.length,
      same: (a, b) => this.#probe(primary.items[a] as Json, candidate.items[b] as Json, place, state.step(a)),
      primaryHash: (index) => hashing.ofPrimary(primary.items[index] as Json, state.step(index)),
      candidateHash: (index) => hashing.ofCandidate(candidate.items[index] as Json, state.step(index)),
      primaryIdentity: (index) => hashing.identityOfPrimary(primary.items[index] as Json, state.step(index)),
      candidateIdentity: (index) => hashing.identityOfCandidate(candidate.items[index] as Json, state.step(index)),
    };
  }

  #probe(primary: Json, candidate: Json, place: Place, state: RuleState): boolean {
    this.#probing = true;
    const equal = this.visit(primary, candidate, place, state);
    this.#probing = false;
    return equal;
  }

  /** A value that one side only has. */
  #lone(kind: 'missing' | 'extra', value: Json, place: Place, state: RuleState): boolean {
    this.#budget.spend();
    if (state.ignore) return true;
    return this.#differ(kind, place, state, () =>
      kind === 'missing' ? [render(value), ABSENT] : [ABSENT, render(value)],
    );
  }

  #differ(kind: DifferenceKind, place: Place, state: RuleState, texts: () => readonly [string, string]): false {
    if (!this.#probing) this.#found.add(kind, place, state.known, texts);
    return false;
  }
}
