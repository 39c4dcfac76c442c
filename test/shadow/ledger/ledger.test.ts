import { describe, expect, test } from 'vitest';
import { Ledger, type LedgerSnapshot, OTHER_OPERATIONS } from '../../../shadow/ledger/index.ts';
import { answered, call, compared, comparison, difference, failed, ledgerAt, REDACTOR } from './records.ts';

describe('settlements', () => {
  test('are counted per operation and reason', () => {
    const { ledger } = ledgerAt();
    compared(ledger, 'get');
    compared(ledger, 'get', difference({ explainedBy: 'clocks' }));
    compared(ledger, 'get', difference());
    ledger.eligible('get');
    ledger.settled(call('get'), answered('legacy'), { kind: 'not_comparable', reason: 'no_twin', candidate: null });
    ledger.eligible('put');
    ledger.settled(call('put'), null, { kind: 'dropped', reason: 'queue_full' });
    ledger.eligible('put');
    const [get, put] = ledger.snapshot().operations;
    expect(get).toMatchObject({
      operation: 'get',
      eligible: 4,
      match: 1,
      explained: 1,
      mismatch: 1,
      notComparable: { no_twin: 1 },
    });
    expect(put).toMatchObject({ operation: 'put', eligible: 2, dropped: { queue_full: 1 } });
    expect(ledger.totals()).toMatchObject({ eligible: 6, compared: 3, matched: 2, notComparable: 1, dropped: 1 });
  });

  test('a comparison that could not be made is not comparable', () => {
    const { ledger } = ledgerAt();
    ledger.eligible('get');
    const given = { verdict: 'not_comparable', reason: 'too_complex', differences: [], differencesTotal: 0 } as const;
    ledger.settled(call('get'), answered('legacy'), { kind: 'compared', comparison: given, candidate: answered('v2') });
    expect(ledger.snapshot().operations[0]).toMatchObject({ match: 0, notComparable: { too_complex: 1 } });
  });

  test('more operations than the most are counted together', () => {
    const { ledger } = ledgerAt({ limits: { operationsMax: 2 } });
    for (const operation of ['a', 'b', 'c', 'd']) compared(ledger, operation);
    const snapshot = ledger.snapshot();
    expect(snapshot.operations.map(({ operation, eligible, match }) => [operation, eligible, match])).toEqual([
      [OTHER_OPERATIONS, 2, 2],
      ['a', 1, 1],
      ['b', 1, 1],
    ]);
    expect(snapshot.operationsOverflowed).toBeGreaterThan(0);
  });
});

describe('observations', () => {
  test('are counted per side and role, answers by status, failures by reason', () => {
    const { ledger } = ledgerAt();
    ledger.observed('get', 'legacy', 'primary', answered('legacy', 5, 404));
    ledger.observed('get', 'legacy', 'primary', answered('legacy', 5, 799));
    ledger.observed('get', 'v2', 'candidate', failed('v2', 'refused'));
    ledger.observed('get', 'v2', 'primary', answered('v2'));
    expect(ledger.snapshot().operations[0]?.sides).toMatchObject([
      { side: 'legacy', role: 'primary', answers: 2, statuses: { '2xx': 0, '4xx': 1, other: 1 } },
      { side: 'v2', role: 'primary', answers: 1 },
      { side: 'v2', role: 'candidate', answers: 0, failures: { refused: 1 } },
    ]);
    expect(ledger.totals().answered).toEqual({ legacy: 2, v2: 1 });
  });

  test('a side that does not answer in time counts as slow, one that refuses counts as failed only', () => {
    const { ledger } = ledgerAt();
    ledger.observed('get', 'v2', 'candidate', failed('v2', 'answer_timeout', 30_000));
    ledger.observed('get', 'v2', 'candidate', failed('v2', 'refused', 0.2));
    const [side] = ledger.snapshot().operations[0]?.sides ?? [];
    expect(side?.totalMs).toMatchObject({ minMs: 30_000, maxMs: 30_000 });
    expect(side?.firstByteMs.bins).toEqual([]);
  });
});

describe('signatures', () => {
  test('count calls and remember when they were first and last seen', () => {
    const { ledger, clock } = ledgerAt();
    compared(ledger, 'get', difference());
    clock.nowMs = 5_000;
    compared(ledger, 'get', difference());
    expect(ledger.snapshot().signatures).toMatchObject([
      { operation: 'get', kind: 'value', path: '/state', count: 2, firstSeenMs: 1_000, lastSeenMs: 5_000 },
    ]);
  });

  test('are told by side: what V2 lacks is missing, whoever answers the client', () => {
    const { ledger } = ledgerAt();
    const lacks = comparison(difference({ kind: 'missing', primary: '1', candidate: 'absent' }));
    const has = comparison(difference({ kind: 'extra', primary: 'absent', candidate: '1' }));
    ledger.settled(call('get'), answered('legacy'), { kind: 'compared', comparison: lacks, candidate: answered('v2') });
    ledger.settled(call('get'), answered('v2'), { kind: 'compared', comparison: has, candidate: answered('legacy') });
    const { signatures } = ledger.snapshot();
    expect(signatures).toMatchObject([{ kind: 'missing', count: 2 }]);
    expect(signatures[0]?.samples).toMatchObject([
      { primary: 'legacy', legacy: '1', v2: 'absent' },
      { primary: 'v2', legacy: '1', v2: 'absent' },
    ]);
  });

  test('beyond the most are counted together', () => {
    const { ledger } = ledgerAt({ limits: { signaturesMax: 2 } });
    for (const path of ['/a', '/b', '/c', '/a', '/d']) compared(ledger, 'get', difference({ path, at: path }));
    const snapshot = ledger.snapshot();
    expect(snapshot.signatures.map(({ path, count }) => [path, count])).toEqual([
      ['/a', 2],
      ['/b', 1],
    ]);
    expect(snapshot.signaturesOverflowed).toBe(2);
  });

  test('the samples with the lowest draws stay', () => {
    const { ledger, clock } = ledgerAt({ draws: [0.5, 0.9, 0.3, 0.95, 0.1] });
    for (let at = 1; at <= 5; at += 1) {
      clock.nowMs = at;
      compared(ledger, 'get', difference());
    }
    expect(ledger.snapshot().signatures[0]?.samples.map(({ atMs, draw }) => [atMs, draw])).toEqual([
      [5, 0.1],
      [3, 0.3],
      [1, 0.5],
    ]);
  });

  test('a call that is no sample is not redacted', () => {
    let redactions = 0;
    const counting = {
      ...REDACTOR,
      rendering: (text: string) => {
        redactions += 1;
        return text;
      },
    };
    const { ledger } = ledgerAt({ redactor: counting, draws: [0.1, 0.2, 0.3, 0.9, 0.9, 0.9] });
    for (let index = 0; index < 6; index += 1) compared(ledger, 'get', difference());
    expect(redactions).toBe(2 * 3);
  });

  test('every call has the same chance to be a sample', () => {
    const { ledger, clock } = ledgerAt({ random: generator(7) });
    const path = (signature: number) => `/p${signature}`;
    for (let signature = 0; signature < 400; signature += 1) {
      for (clock.nowMs = 0; clock.nowMs < 10; clock.nowMs += 1) {
        compared(ledger, 'get', difference({ path: path(signature), at: path(signature) }));
      }
    }
    const kept = new Map<number, number>();
    for (const { samples } of ledger.snapshot().signatures) {
      for (const { atMs } of samples) kept.set(atMs, (kept.get(atMs) ?? 0) + 1);
    }
    // 400 signatures keep 3 of 10 calls each: each of the 10 moments has about 120 of them (deviation 9).
    expect([...kept.keys()].sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    for (const count of kept.values()) expect(Math.abs(count - 120)).toBeLessThan(45);
  });

  test('samples hold the call, redacted and cut, and no piece of a secret', () => {
    const { ledger } = ledgerAt();
    const secret = 'hunter2-hunter2';
    const body = Buffer.from(JSON.stringify({ password: secret, note: 'x'.repeat(2_000) }));
    const sampled = call('login', {
      method: 'POST',
      target: `/login?api_key=${secret}&to=ann@example.com`,
      headers: ['Content-Type', 'application/json', 'Authorization', `Bearer ${secret}`],
      body,
    });
    const given = comparison(
      difference({ path: '/users/ann@example.com/token', at: '/users/ann@example.com/token', primary: `"${secret}"` }),
    );
    ledger.settled(sampled, answered('legacy', 1, 200, `{"token":"${secret}"}`), {
      kind: 'compared',
      comparison: given,
      candidate: answered('v2', 1, 500, 'oops'),
    });
    const text = JSON.stringify(ledger.snapshot());
    expect(text).not.toContain(secret);
    expect(text).not.toContain('ann@example.com');
    const { path, samples } = ledger.snapshot().signatures[0] ?? {};
    expect(path).toBe(`/users/${REDACTOR.text('ann@example.com')}/token`);
    expect(samples?.[0]?.call?.answers.v2).toBe('500 oops');
    expect(samples?.[0]?.call?.body?.length).toBe(401);
  });

  test('samples beyond the most characters are kept without their call', () => {
    const { ledger } = ledgerAt({ limits: { sampleCharsMax: 500 } });
    for (const path of ['/a', '/b', '/c', '/d']) compared(ledger, 'get', difference({ path }));
    const { signatures, samplesTrimmed } = ledger.snapshot();
    const withCall = signatures.filter(({ samples }) => samples[0]?.call !== null).length;
    expect(withCall).toBeGreaterThan(0);
    expect(samplesTrimmed).toBe(4 - withCall);
    expect(samplesTrimmed).toBeGreaterThan(0);
  });
});

describe('restoring', () => {
  test('goes on where the snapshot ended', () => {
    const { ledger } = ledgerAt({ draws: [0.1] });
    ledger.observed('get', 'legacy', 'primary', answered('legacy', 12));
    compared(ledger, 'get', difference());
    const stored = JSON.parse(JSON.stringify(ledger.snapshot())) as LedgerSnapshot;
    const restored = Ledger.restore(stored, { clock: () => 1_000, redactor: REDACTOR });
    expect(restored.snapshot()).toEqual(stored);
    compared(restored, 'get', difference());
    expect(restored.snapshot().signatures).toMatchObject([{ count: 2 }]);
    expect(restored.snapshot().operations[0]).toMatchObject({ eligible: 2, mismatch: 2 });
  });

  test('calls in flight at the snapshot are dropped as interrupted', () => {
    const { ledger } = ledgerAt();
    compared(ledger, 'get');
    ledger.eligible('get');
    ledger.eligible('get');
    const restored = Ledger.restore(ledger.snapshot(), { clock: () => 2_000 });
    expect(restored.snapshot().operations[0]).toMatchObject({ eligible: 3, match: 1, dropped: { interrupted: 2 } });
    expect(restored.snapshot().sinceMs).toBe(1_000);
  });

  test('a snapshot of another schema is refused', () => {
    const snapshot = { ...ledgerAt().ledger.snapshot(), schema: 2 } as unknown as LedgerSnapshot;
    expect(() => Ledger.restore(snapshot, { clock: () => 0 })).toThrow(
      'expected a ledger snapshot of schema 1, got schema 2',
    );
  });
});

/** Numerical Recipes' linear congruential generator: the same draws in every run. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
