import { align, type Elements, type Pair } from './align.ts';
import type { DifferenceKind, Differences } from './differences.ts';
import { Equality, sameScalar } from './equality.ts';
import { Hashing } from './hashing.ts';
import type { Pairing } from './ids.ts';
import { type Json, JsonArray, JsonObject, jsonType } from './json.ts';
import type { Budget } from './limits.ts';
import { commonBeginning, matchMembers } from './members.ts';
import type { Place } from './place.ts';
import { render, renderPair } from './render.ts';
import type { RuleState } from './rule-state.ts';

const ABSENT = 'absent';

/** Walks two values side by side and notes every place where they differ. */
export class Walk {
  readonly #pairing: Pairing;
  readonly #budget: Budget;
  readonly #found: Differences;
  readonly #equality: Equality;
  readonly #hashing: Hashing;

  constructor(pairing: Pairing, budget: Budget, found: Differences) {
    this.#pairing = pairing;
    this.#budget = budget;
    this.#found = found;
    this.#equality = new Equality(pairing, budget);
    this.#hashing = new Hashing(pairing, budget);
  }

  /** @throws GiveUp `too_complex` */
  visit(primary: Json, candidate: Json, place: Place, state: RuleState): void {
    this.#budget.spend();
    if (state.widens && state.accepts(primary, candidate)) return;
    if (primary instanceof JsonObject && candidate instanceof JsonObject) {
      this.#objects(primary, candidate, place, state);
    } else if (primary instanceof JsonArray && candidate instanceof JsonArray) {
      this.#arrays(primary, candidate, place, state);
    } else if (!sameScalar(primary, candidate, this.#pairing)) {
      const kind = jsonType(primary) === jsonType(candidate) ? 'value' : 'type';
      this.#note(kind, place, state, () => renderPair(primary, candidate));
    }
  }

  #objects(primary: JsonObject, candidate: JsonObject, place: Place, state: RuleState): void {
    const from = commonBeginning(primary, candidate, this.#pairing);
    for (let index = 0; index < from; index += 1) {
      this.#members(primary, candidate, { primary: index, candidate: index }, place, state);
    }
    if (from === primary.keys.length && from === candidate.keys.length) return;
    const { pairs, missing, extra } = matchMembers(primary, candidate, from, this.#pairing);
    for (const pair of pairs) this.#members(primary, candidate, pair, place, state);
    const siblings = Math.max(primary.keys.length, candidate.keys.length);
    for (const index of missing) {
      const key = primary.keys[index] as string;
      this.#lone('missing', primary.values[index] as Json, place.member(key, siblings, false), state.step(key));
    }
    for (const index of extra) {
      const key = candidate.keys[index] as string;
      const isId = this.#pairing.toPrimary(key) !== undefined;
      this.#lone('extra', candidate.values[index] as Json, place.member(key, siblings, isId), state.step(key));
    }
  }

  #members(primary: JsonObject, candidate: JsonObject, pair: Pair, place: Place, state: RuleState): void {
    const primaryValue = primary.values[pair.primary] as Json;
    const candidateValue = candidate.values[pair.candidate] as Json;
    if (Object.is(primaryValue, candidateValue)) {
      this.#budget.spend();
      return;
    }
    const key = primary.keys[pair.primary] as string;
    const siblings = Math.max(primary.keys.length, candidate.keys.length);
    const member = place.member(key, siblings, key !== candidate.keys[pair.candidate]);
    this.visit(primaryValue, candidateValue, member, state.step(key));
  }

  #arrays(primary: JsonArray, candidate: JsonArray, place: Place, state: RuleState): void {
    const { pairs, missing, extra, moved } = align(this.#elements(primary, candidate, state));
    if (moved !== null) this.#note('order', place, state, () => orderTexts(moved));
    for (const pair of pairs) {
      const [ours, theirs] = [primary.items[pair.primary] as Json, candidate.items[pair.candidate] as Json];
      this.visit(ours, theirs, place.element(pair.primary), state.step(pair.primary));
    }
    for (const index of missing) {
      this.#lone('missing', primary.items[index] as Json, place.element(index), state.step(index));
    }
    for (const index of extra) {
      this.#lone('extra', candidate.items[index] as Json, place.element(index), state.step(index));
    }
  }

  #elements(primary: JsonArray, candidate: JsonArray, state: RuleState): Elements {
    const ours = (index: number): Json => primary.items[index] as Json;
    const theirs = (index: number): Json => candidate.items[index] as Json;
    const hashing = this.#hashing;
    return {
      primaryLength: primary.items.length,
      candidateLength: candidate.items.length,
      same: (a, b) => this.#equality.same(ours(a), theirs(b), state.step(a)),
      primaryHash: (index) => hashing.ofPrimary(ours(index), state.step(index)),
      candidateHash: (index) => hashing.ofCandidate(theirs(index), state.step(index)),
      primaryIdentity: (index) => hashing.identityOfPrimary(ours(index), state.step(index)),
      candidateIdentity: (index) => hashing.identityOfCandidate(theirs(index), state.step(index)),
    };
  }

  /** A value that one side only has. */
  #lone(kind: 'missing' | 'extra', value: Json, place: Place, state: RuleState): void {
    this.#budget.spend();
    if (state.ignore) return;
    const texts = () => (kind === 'missing' ? ([render(value), ABSENT] as const) : ([ABSENT, render(value)] as const));
    this.#note(kind, place, state, texts);
  }

  #note(kind: DifferenceKind, place: Place, state: RuleState, texts: () => readonly [string, string]): void {
    this.#found.add(kind, place, state.known, texts);
  }
}

function orderTexts({ primary, candidate }: Pair): readonly [string, string] {
  return [`element at index ${primary}`, `the same element at index ${candidate}`];
}
