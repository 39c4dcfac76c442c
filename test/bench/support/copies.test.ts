import { describe, expect, it } from 'vitest';
import { type Copies, copiesResults, copiesSettled } from './copies.ts';

const NONE: Copies = { eligible: 0, compared: 0, matched: 0, notComparable: 0, dropped: 0 };
const WARM: Copies = { eligible: 10, compared: 4, matched: 2, notComparable: 2, dropped: 4 };

/** Since `WARM`, under a load of 1,000 calls. */
const rowsOf = (since: Partial<Copies>) => {
  const more = { ...NONE, eligible: 1000, compared: 1000, matched: 1000, ...since };
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
    expect(rowsOf({})[0]?.unit).toBe('% (1000 calls, 1000 eligible, 1000 compared, 0 not comparable, 0 dropped)');
  });

  it('may be dropped now and then, and no more', () => {
    expect(rowsOf({ compared: 990, matched: 990, dropped: 10 })[0]).toMatchObject({ value: 1, met: true });
    expect(rowsOf({ compared: 989, matched: 989, dropped: 11 })[0]).toMatchObject({ value: 1.1, met: false });
  });

  it('are missing where calls were not eligible, not comparable or have not ended', () => {
    expect(rowsOf({ eligible: 0, compared: 0, matched: 0 })[0]).toMatchObject({ value: 100, met: false });
    expect(rowsOf({ compared: 900, matched: 900, notComparable: 100 })[0]).toMatchObject({ value: 10, met: false });
    expect(rowsOf({ compared: 900, matched: 900 })[0]).toMatchObject({ value: 10, met: false });
  });

  it('differ nowhere', () => {
    expect(rowsOf({ matched: 999 })[1]).toMatchObject({ value: 1, met: false });
  });

  it('are counted once none is under way', async () => {
    const looks = [
      { ...NONE, eligible: 3, compared: 1 },
      { ...NONE, eligible: 3, compared: 2, dropped: 1 },
    ];
    const admin = { get: async <T>() => ({ calls: looks.length > 1 ? looks.shift() : looks[0] }) as T };
    expect(await copiesSettled(admin, 'billing', { pauseMs: 0 })).toMatchObject({ compared: 2, dropped: 1 });
  });

  it('are counted as they are when some never end', async () => {
    let looked = 0;
    const get = async <T>() => {
      looked += 1;
      return { calls: { ...NONE, eligible: 3, compared: 1 } } as T;
    };
    expect(await copiesSettled({ get }, 'billing', { pauseMs: 0, looksMax: 5 })).toMatchObject({ compared: 1 });
    expect(looked).toBe(5);
  });
});
