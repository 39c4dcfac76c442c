import { asPrimary, type Pairing } from './ids.ts';
import { type Json, JsonArray, JsonObject, LongNumber } from './json.ts';
import type { Budget } from './limits.ts';
import type { RuleState } from './rule-state.ts';

/**
 * Hashes of values, equal for values that compare as equal: ids as the primary writes them, member order and
 * whatever the rules widen left out. 32 bits only find partners; the walk then compares them in full.
 */
export class Hashing {
  readonly #pairing: Pairing;
  readonly #budget: Budget;

  constructor(pairing: Pairing, budget: Budget) {
    this.#pairing = pairing;
    this.#budget = budget;
  }

  ofPrimary(value: Json, state: RuleState): number {
    return this.#hash(value, state, false);
  }

  ofCandidate(value: Json, state: RuleState): number {
    return this.#hash(value, state, true);
  }

  /** The hash of the id that an element carries; 0: it carries none. */
  identityOfPrimary(value: Json, state: RuleState): number {
    return this.#identity(value, state, false);
  }

  identityOfCandidate(value: Json, state: RuleState): number {
    return this.#identity(value, state, true);
  }

  #identity(value: Json, state: RuleState, translate: boolean): number {
    if (!(value instanceof JsonObject)) return 0;
    const index = identityIndex(value);
    const id = value.values[index];
    if (typeof id !== 'string' && typeof id !== 'number') return 0;
    return nonZero(this.#hash(id, state.step(value.keys[index] as string), translate));
  }

  #hash(value: Json, state: RuleState, translate: boolean): number {
    this.#budget.spend();
    // A known difference must not keep an element from its partner.
    const form = state.known === null ? state.formOf(value) : 'any';
    if (form !== null) return hashText(form, SEED.form);
    if (typeof value === 'string') return hashText(translate ? asPrimary(value, this.#pairing) : value, SEED.string);
    if (typeof value === 'number') return this.#number(value, translate);
    if (value instanceof LongNumber) return hashText(value.canonical, SEED.number);
    if (value instanceof JsonArray) {
      value.hash ||= this.#array(value, state, translate);
      return value.hash;
    }
    if (value instanceof JsonObject) {
      value.hash ||= this.#object(value, state, translate);
      return value.hash;
    }
    return hashText(String(value), SEED.literal);
  }

  #number(value: number, translate: boolean): number {
    const text = Object.is(value, -0) ? '-0' : String(value);
    const id = translate && Number.isSafeInteger(value) ? this.#pairing.toPrimary(text) : undefined;
    return hashText(id ?? text, SEED.number);
  }

  #array(array: JsonArray, state: RuleState, translate: boolean): number {
    let hash = SEED.array;
    for (let index = 0; index < array.items.length; index += 1) {
      hash = mix(hash, this.#hash(array.items[index] as Json, state.step(index), translate));
    }
    return nonZero(hash);
  }

  #object(object: JsonObject, state: RuleState, translate: boolean): number {
    let hash = SEED.object;
    for (let index = 0; index < object.keys.length; index += 1) {
      const key = object.keys[index] as string;
      const next = state.step(key);
      if (next.ignore) continue;
      const value = this.#hash(object.values[index] as Json, next, translate);
      const name = hashText(translate ? asPrimary(key, this.#pairing) : key, SEED.key);
      // A sum, because member order has no meaning.
      hash = (hash + mix(name, value)) | 0;
    }
    return nonZero(hash);
  }
}

/** The member that names an object among its like: `id`, else `..._id` or `...Id`, else `key` or `name`. */
function identityIndex(object: JsonObject): number {
  let suffixed = -1;
  let named = -1;
  for (let index = 0; index < object.keys.length; index += 1) {
    const key = object.keys[index] as string;
    if (key === 'id') return index;
    if (suffixed === -1 && (key.endsWith('_id') || key.endsWith('Id'))) suffixed = index;
    if (named === -1 && (key === 'key' || key === 'name')) named = index;
  }
  return suffixed === -1 ? named : suffixed;
}

const SEED = {
  string: 0x1b873593,
  number: 0x2545f491,
  literal: 0x3c6ef372,
  array: 0x510e527f,
  object: 0x6a09e667,
  key: 0x7f4a7c15,
  form: 0x0d2f1a6b,
};

/** FNV-1a over UTF-16 code units (http://www.isthe.com/chongo/tech/comp/fnv/). */
function hashText(text: string, seed: number): number {
  let hash = seed ^ 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  return hash;
}

/** The finaliser of MurmurHash3 over both, in order. */
function mix(a: number, b: number): number {
  let hash = Math.imul(a, 0x9e3779b1) ^ b;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}

function nonZero(hash: number): number {
  return hash === 0 ? 1 : hash;
}
