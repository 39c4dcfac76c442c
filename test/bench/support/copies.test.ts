import { describe, expect, it } from 'vitest';
import { type Copies, copiesResults, copiesSettled } from './copies.ts';

const NONE: Copies = { eligible: 0, compared: 0, mismatched: 0, notComparable: 0, dropped: 0, clientAborted: 0 };
const WARM: Copies = { eligible: 10, compared: 4, mismatched: 2, notComparable: 2, dropped: 4, clientAborted: 3 };

/** Since `WARM`, under a load of 1,000 calls. */
const rowsOf = (since: Partial<Copies>) => {
  const more = { ...NONE, eligible: 1000, compared: 1000, ...since };
  const after = Object.fromEntries(
    Object.entries(WARM).map(([key, count]) => [key, count + more[key as keyof Copies]]),
  );
  return copiesResults('GET', 1000, WARM, after as Copies);
};

describe('the copies of a load', () => {
  it('were a copy of each call, compared and equal', () => {
    expect(rowsOf({})).toMatchObject([
      { metric: 'calls without a compared copy, GET', value: 0, target: 'at most 1 %', met: true },
      { metric: 'wrong copies, GET', value: 0, target: '0', met: true },
    ]);
    expect(rowsOf({})[0]?.unit).toBe(
      '% (1000 calls, 1000 eligible, 1000 compared, 0 not comparable, 0 dropped, 0 of them as their client left)',
    );
  });

  it('may be dropped now and then, and no more', () => {
    expect(rowsOf({ compared: 990, dropped: 10 })[0]).toMatchObject({ value: 1, met: true });
    expect(rowsOf({ compared: 989, dropped: 11 })[0]).toMatchObject({ value: 1.1, met: false });
  });

  it('are missing where calls were not eligible, not comparable or have not ended', () => {
    expect(rowsOf({ eligible: 0, compared: 0 })[0]).toMatchObject({ value: 100, met: false });
    expect(rowsOf({ compared: 900, notComparable: 100 })[0]).toMatchObject({ value: 10, met: false });
    expect(rowsOf({ compared: 900 })[0]).toMatchObject({ value: 10, met: false });
  });

  it('are not expected of calls that the load gave up as it ended', () => {
    const gaveUp = { eligible: 1032, compared: 1001, dropped: 31, clientAborted: 31 };
    expect(rowsOf(gaveUp)[0]).toMatchObject({ value: 0, met: true });
    expect(rowsOf({ ...gaveUp, clientAborted: 0 })[0]).toMatchObject({ value: 3, met: false });
  });

  it('differ nowhere', () => {
    expect(rowsOf({ mismatched: 1 })[1]).toMatchObject({ value: 1, met: false });
  });

  it('are counted once none is under way', async () => {
    const looks = [report({ inFlight: 2 }), report({ inFlight: 0 })];
    const get = async <T>() => looks.shift() as T;
    const counted = { eligible: 10, compared: 4, mismatched: 1, notComparable: 2, dropped: 4, clientAborted: 3 };
    expect(await copiesSettled({ get }, 'billing', { pauseMs: 0 })).toEqual(counted);
    expect(looks).toEqual([]);
  });

  it('are counted as they are when some never end', async () => {
    let looked = 0;
    const get = async <T>() => {
      looked += 1;
      return report({ inFlight: 2 }) as T;
    };
    expect(await copiesSettled({ get }, 'billing', { pauseMs: 0, looksMax: 5 })).toMatchObject({ compared: 4 });
    expect(looked).toBe(5);
  });
});

const report = ({ inFlight }: { inFlight: number }) => ({
  totals: { eligible: 10, compared: 4, mismatch: 1, notComparable: 2, dropped: 4 },
  dropped: [
    { reason: 'queue_full', count: 1 },
    { reason: 'client_aborted', count: 3 },
  ],
  conservation: { inFlight },
});
