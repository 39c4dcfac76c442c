import { type Pairing, sameNumericId, sameText } from './ids.ts';
import { isNumber, type Json, JsonArray, JsonObject, LongNumber } from './json.ts';
import type { Budget } from './limits.ts';
import { commonBeginning, matchMembers } from './members.ts';
import type { RuleState } from './rule-state.ts';

/** Whether two values are equal under the rules, ids modulo the pairing; the first difference ends the search. */
export class Equality {
  readonly #pairing: Pairing;
  readonly #budget: Budget;

  constructor(pairing: Pairing, budget: Budget) {
    this.#pairing = pairing;
    this.#budget = budget;
  }

  /** @throws GiveUp `too_complex` */
  same(primary: Json, candidate: Json, state: RuleState): boolean {
    this.#budget.spend();
    if (Object.is(primary, candidate)) return true;
    if (state.widens && state.accepts(primary, candidate)) return true;
    if (primary instanceof JsonObject && candidate instanceof JsonObject) {
      return this.#remembered(primary, candidate, () => this.#objects(primary, candidate, state));
    }
    if (primary instanceof JsonArray && candidate instanceof JsonArray) {
      return this.#remembered(primary, candidate, () => this.#arrays(primary, candidate, state));
    }
    return sameScalar(primary, candidate, this.#pairing);
  }

  /** Arrays within arrays are asked about level by level; without a memory that would be quadratic in the depth. */
  #remembered<T extends JsonArray | JsonObject>(primary: T, candidate: T, ask: () => boolean): boolean {
    if (primary.probedWith !== candidate) {
      primary.probedEqual = ask();
      primary.probedWith = candidate;
    }
    return primary.probedEqual;
  }

  #arrays(primary: JsonArray, candidate: JsonArray, state: RuleState): boolean {
    if (primary.items.length !== candidate.items.length) return false;
    return primary.items.every((item, index) => this.same(item, candidate.items[index] as Json, state.step(index)));
  }

  #objects(primary: JsonObject, candidate: JsonObject, state: RuleState): boolean {
    const from = commonBeginning(primary, candidate, this.#pairing);
    for (let index = 0; index < from; index += 1) {
      if (!this.#members(primary, index, candidate, index, state)) return false;
    }
    if (from === primary.keys.length && from === candidate.keys.length) return true;
    const { pairs, missing, extra } = matchMembers(primary, candidate, from, this.#pairing);
    return (
      missing.every((index) => state.step(primary.keys[index] as string).ignore) &&
      extra.every((index) => state.step(candidate.keys[index] as string).ignore) &&
      pairs.every((pair) => this.#members(primary, pair.primary, candidate, pair.candidate, state))
    );
  }

  #members(
    primary: JsonObject,
    index: number,
    candidate: JsonObject,
    candidateIndex: number,
    state: RuleState,
  ): boolean {
    const next = state.step(primary.keys[index] as string);
    return this.same(primary.values[index] as Json, candidate.values[candidateIndex] as Json, next);
  }
}

/** Whether two values that are not both objects or both arrays are equal without a rule's help. */
export function sameScalar(primary: Json, candidate: Json, pairing: Pairing): boolean {
  if (Object.is(primary, candidate)) return true;
  if (typeof primary === 'string' && typeof candidate === 'string') return sameText(primary, candidate, pairing);
  if (!isNumber(primary) || !isNumber(candidate)) return false;
  if (typeof primary === 'number' && typeof candidate === 'number') return sameNumericId(primary, candidate, pairing);
  return primary instanceof LongNumber && candidate instanceof LongNumber && primary.canonical === candidate.canonical;
}
