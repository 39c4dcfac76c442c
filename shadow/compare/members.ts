import type { Pair } from './align.ts';
import { asPrimary, type Pairing } from './ids.ts';
import type { JsonObject } from './json.ts';

/** How the members of two objects belong together, as indexes into their `keys`. */
export type Members = {
  readonly pairs: readonly Pair[];
  readonly missing: readonly number[];
  readonly extra: readonly number[];
};

/**
 * Matches members by key, ids modulo the pairing, from index `from` on. A key that is a twin's id is looked up
 * as the primary's id first: both sides may count 1, 2, 3 and mean different entities. A duplicate key meets
 * its duplicates in order.
 */
export function matchMembers(primary: JsonObject, candidate: JsonObject, from: number, pairing: Pairing): Members {
  const free = indexesByKey(primary.keys, from);
  const pairs: Pair[] = [];
  const taken = new Set<number>();
  const unclaimed: number[] = [];
  const claim = (key: string, index: number): boolean => {
    const found = free.get(key)?.pop();
    if (found === undefined) return false;
    pairs.push({ primary: found, candidate: index });
    taken.add(found);
    return true;
  };
  for (let index = from; index < candidate.keys.length; index += 1) {
    if (!claim(asPrimary(candidate.keys[index] as string, pairing), index)) unclaimed.push(index);
  }
  const extra = unclaimed.filter((index) => !claim(candidate.keys[index] as string, index));
  const missing = primary.keys.map((_, index) => index).filter((index) => index >= from && !taken.has(index));
  return { pairs, missing, extra };
}

/** The first index last, so that `pop` takes duplicates in order. */
function indexesByKey(keys: readonly string[], from: number): Map<string, number[]> {
  const indexes = new Map<string, number[]>();
  for (let index = keys.length - 1; index >= from; index -= 1) {
    const key = keys[index] as string;
    const known = indexes.get(key);
    if (known === undefined) indexes.set(key, [index]);
    else known.push(index);
  }
  return indexes;
}

/**
 * How many members stand in the same order under the same keys. Most answers of two healthy sides do, and
 * then nothing need be looked up. Stops at a key that may be a twin's id.
 */
export function commonBeginning(primary: JsonObject, candidate: JsonObject, pairing: Pairing): number {
  let index = 0;
  while (index < primary.keys.length) {
    const key = primary.keys[index] as string;
    if (key !== candidate.keys[index]) break;
    if (/^\d|\d$/.test(key) && (pairing.toPrimary(key) ?? key) !== key) break;
    index += 1;
  }
  return index;
}
