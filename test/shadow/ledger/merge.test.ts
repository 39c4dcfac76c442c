import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Ledger, mergeSnapshots } from '../../../shadow/ledger/index.ts';
import { comparedCount, settledCount, sum } from '../../../shadow/ledger/snapshot.ts';
import { DROPPED, type DropReason, NOT_COMPARABLE, type NotComparableReason } from '../../../src/contract/calls.ts';
import { answered, call, compared, comparison, difference, failed, ledgerAt, REDACTOR } from './records.ts';

/** Something that happens to a ledger. */
type Event =
  | { readonly is: 'observed'; readonly operation: string; readonly ms: number; readonly isV2: boolean }
  | { readonly is: 'eligible'; readonly operation: string }
  | { readonly is: 'match' | 'mismatch'; readonly operation: string; readonly path: string; readonly draw: number }
  | { readonly is: 'not_comparable'; readonly operation: string; readonly reason: NotComparableReason }
  | { readonly is: 'dropped'; readonly operation: string; readonly reason: DropReason };

const operation = fc.constantFrom('get', 'put', '__proto__', 'list');
const event: fc.Arbitrary<Event> = fc.oneof(
  fc.record({
    is: fc.constant('observed' as const),
    operation,
    ms: fc.integer({ min: 0, max: 5_000 }),
    isV2: fc.boolean(),
  }),
  fc.record({ is: fc.constant('eligible' as const), operation }),
  fc.record({
    is: fc.constantFrom('match' as const, 'mismatch' as const),
    operation,
    path: fc.constantFrom('/a', '/b', '/c'),
    draw: fc.double({ min: 0, max: 0.999, noNaN: true }),
  }),
  fc.record({
    is: fc.constant('not_comparable' as const),
    operation,
    reason: fc.constantFrom(...(Object.keys(NOT_COMPARABLE) as NotComparableReason[])),
  }),
  fc.record({
    is: fc.constant('dropped' as const),
    operation,
    reason: fc.constantFrom(...(Object.keys(DROPPED) as DropReason[])),
  }),
);
const events = fc.array(event, { maxLength: 60 });

function ledgerAfter(all: readonly Event[], startMs = 0): Ledger {
  const draws = all.flatMap((one) => (one.is === 'mismatch' ? [one.draw] : []));
  const { ledger, clock } = ledgerAt({ draws });
  clock.nowMs = startMs;
  for (const one of all) {
    clock.nowMs += 1;
    happen(ledger, one);
  }
  return ledger;
}

/** Every settlement follows its `eligible`. */
function happen(ledger: Ledger, one: Event): void {
  if (one.is === 'observed') {
    const side = one.isV2 ? 'v2' : 'legacy';
    ledger.observed(
      one.operation,
      side,
      'primary',
      one.ms % 7 === 0 ? failed(side, 'refused') : answered(side, one.ms),
    );
    return;
  }
  ledger.eligible(one.operation);
  const settle = (settlement: Parameters<Ledger['settled']>[2]) =>
    ledger.settled(call(one.operation), answered('legacy'), settlement);
  if (one.is === 'dropped') settle({ kind: 'dropped', reason: one.reason });
  else if (one.is === 'not_comparable') settle({ kind: 'not_comparable', reason: one.reason, candidate: null });
  else if (one.is !== 'eligible') {
    const given = one.is === 'match' ? comparison() : comparison(difference({ path: one.path, at: one.path }));
    settle({ kind: 'compared', comparison: given, candidate: answered('v2') });
  }
}

const RUNS = { numRuns: 200, seed: 41 };
const text = (ledger: Ledger) => JSON.stringify(ledger.snapshot());

describe('for any history', () => {
  test('eligible = compared + not comparable + dropped + in flight, per operation', () => {
    fc.assert(
      fc.property(events, (all) => {
        for (const counts of ledgerAfter(all).snapshot().operations) {
          const of = (...kinds: readonly Event['is'][]) =>
            all.filter((one) => one.operation === counts.operation && kinds.includes(one.is)).length;
          const inFlight = counts.eligible - settledCount(counts);
          expect(inFlight).toBe(of('eligible'));
          expect(comparedCount(counts)).toBe(of('match', 'mismatch'));
          expect(sum(counts.notComparable)).toBe(of('not_comparable'));
          expect(sum(counts.dropped)).toBe(of('dropped'));
        }
      }),
      RUNS,
    );
  });

  test('merging is commutative and associative to the last byte', () => {
    fc.assert(
      fc.property(events, events, events, (one, two, three) => {
        const [a, b, c] = [
          ledgerAfter(one).snapshot(),
          ledgerAfter(two, 50).snapshot(),
          ledgerAfter(three, 500).snapshot(),
        ];
        const merged = JSON.stringify(mergeSnapshots(mergeSnapshots(a, b), c));
        expect(JSON.stringify(mergeSnapshots(a, mergeSnapshots(b, c)))).toBe(merged);
        expect(JSON.stringify(mergeSnapshots(c, mergeSnapshots(b, a)))).toBe(merged);
      }),
      RUNS,
    );
  });

  test('restoring and merging commute, and a ledger may be stored at any moment', () => {
    const options = { clock: () => 10_000, redactor: REDACTOR };
    const settledOnly = events.map((all) => all.filter(({ is }) => is !== 'eligible'));
    fc.assert(
      fc.property(settledOnly, settledOnly, (one, two) => {
        const [a, b] = [ledgerAfter(one).snapshot(), ledgerAfter(two).snapshot()];
        const restored = (snapshot: typeof a) =>
          Ledger.restore(JSON.parse(JSON.stringify(snapshot)), options).snapshot();
        expect(JSON.stringify(mergeSnapshots(restored(a), restored(b)))).toBe(
          JSON.stringify(restored(mergeSnapshots(a, b))),
        );
        expect({ ...restored(a), atMs: a.atMs }).toEqual(a);
      }),
      RUNS,
    );
  });

  test('two halves of a history merge into the whole', () => {
    fc.assert(
      fc.property(events, fc.nat(), (all, cut) => {
        const at = all.length === 0 ? 0 : cut % (all.length + 1);
        const halves = mergeSnapshots(
          ledgerAfter(all.slice(0, at)).snapshot(),
          ledgerAfter(all.slice(at), at).snapshot(),
        );
        expect(JSON.stringify(halves)).toBe(text(ledgerAfter(all)));
      }),
      RUNS,
    );
  });

  test('what is taken away bit by bit and absorbed elsewhere is the merger of it all', () => {
    fc.assert(
      fc.property(events, events, events, (one, two, three) => {
        const ledgers = [ledgerAfter(one), ledgerAfter(two, 50), ledgerAfter(three, 500)];
        const whole = ledgers.map((ledger) => ledger.snapshot()).reduce(mergeSnapshots);
        const into = new Ledger({ clock: () => whole.atMs, redactor: REDACTOR });
        for (const ledger of ledgers) {
          const taken = ledger.take();
          if (taken !== null) into.absorb(JSON.parse(JSON.stringify(taken)));
          expect(ledger.take()).toBeNull();
        }
        expect({ ...into.snapshot(), sinceMs: whole.sinceMs }).toEqual(whole);
      }),
      RUNS,
    );
  });
});

test('a ledger absorbs no more signatures than it may hold, and counts the rest together', () => {
  const options = { clock: () => 1, redactor: REDACTOR, limits: { signaturesMax: 2 } };
  const into = new Ledger(options);
  for (const path of ['/a', '/b', '/c', '/a']) {
    const ledger = new Ledger(options);
    compared(ledger, 'get', difference({ path, at: path }));
    into.absorb(ledger.snapshot());
  }
  const { signatures, signaturesOverflowed } = into.snapshot();
  expect(signatures.map(({ path, count }) => [path, count])).toEqual([
    ['/a', 2],
    ['/b', 1],
  ]);
  expect(signaturesOverflowed).toBe(1);
});
