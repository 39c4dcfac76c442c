import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { CompareRule } from '../../../src/contract/wire.ts';
import { compareTexts, pairing } from './observations.ts';

/** Ids that both sides use for one entity: `p...` on one, `c...` on the other. */
const ENTITIES = ['00000001', '00000002', '00000003'];
const idOn = (side: 'p' | 'c', entity: string) => `${side}${entity}`;
const forward = pairing(...ENTITIES.map((entity) => [idOn('p', entity), idOn('c', entity)] as const));
const backward = pairing(...ENTITIES.map((entity) => [idOn('c', entity), idOn('p', entity)] as const));

const entity = fc.constantFrom(...ENTITIES);
const key = fc.oneof(
  fc.constantFrom('a', 'b', 'state', '__proto__'),
  entity.map((id) => `@${id}`),
);
const leaf: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(null, true, 0, 1, 'idle', 'busy', ''),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  entity.chain((id) => fc.constantFrom(`@${id}`, `agent @${id} is up`)),
);
/** JSON values with ids in them, written `@` + entity until a side is chosen. */
const withIds = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    leaf,
    fc.array(tie('value'), { maxLength: 5 }),
    fc.array(fc.tuple(key, tie('value')), { maxLength: 5 }).map(Object.fromEntries),
  ),
})).value;
const textOn = (side: 'p' | 'c', value: unknown) => JSON.stringify(value).replaceAll('@', side);

describe('for any JSON', () => {
  test('a body matches itself, whatever its layout', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.integer({ min: 0, max: 3 }), (value, indent) => {
        const text = JSON.stringify(value);
        expect(compareTexts(text, JSON.stringify(value, null, indent)).verdict).toBe('match');
        expect(compareTexts(text, ` ${text}`).verdict).toBe('match');
      }),
      { numRuns: 500, seed: 11 },
    );
  });

  test('a body matches its copy in the ids of the other side', () => {
    fc.assert(
      fc.property(withIds, (value) => {
        expect(compareTexts(textOn('p', value), textOn('c', value), { pairing: forward }).verdict).toBe('match');
      }),
      { numRuns: 1000, seed: 12 },
    );
  });

  test('the verdict is the same when the sides change places and the pairing is inverted', () => {
    fc.assert(
      fc.property(withIds, withIds, (one, other) => {
        const [primary, candidate] = [textOn('p', one), textOn('c', other)];
        const there = compareTexts(primary, candidate, { pairing: forward });
        const back = compareTexts(candidate, primary, { pairing: backward });
        expect(back.verdict).toBe(there.verdict);
      }),
      { numRuns: 2000, seed: 13 },
    );
  });

  test('it is a match exactly when the values are equal', () => {
    // Small values, so that equal ones are drawn often.
    const small = fc.array(fc.array(fc.constantFrom<unknown>(0, 1, { a: 0 }, { a: 1 }), { maxLength: 3 }), {
      maxLength: 3,
    });
    fc.assert(
      fc.property(small, small, (one, other) => {
        const equal = JSON.stringify(one) === JSON.stringify(other);
        expect(compareTexts(JSON.stringify(one), ` ${JSON.stringify(other)}`).verdict).toBe(
          equal ? 'match' : 'mismatch',
        );
      }),
      { numRuns: 3000, seed: 14 },
    );
  });

  test('a rule never makes a match into a mismatch', () => {
    const rules: fc.Arbitrary<CompareRule[]> = fc.array(
      fc.record({
        at: fc.constantFrom('', '/a', '/*', '/**', '/*/state', '/a/**', '/0'),
        as: fc.constantFrom('ignore', 'time', 'id', 'number', 'known'),
        reason: fc.constant('any'),
      }),
      { maxLength: 4 },
    );
    const rank = { match: 0, explained: 1, mismatch: 2, not_comparable: 3 };
    fc.assert(
      fc.property(withIds, withIds, rules, (one, other, drawn) => {
        const [primary, candidate] = [textOn('p', one), textOn('c', other)];
        const bare = compareTexts(primary, candidate, { pairing: forward });
        const ruled = compareTexts(primary, candidate, { pairing: forward, rules: drawn });
        expect(rank[ruled.verdict]).toBeLessThanOrEqual(rank[bare.verdict]);
      }),
      { numRuns: 2000, seed: 15 },
    );
  });
});
