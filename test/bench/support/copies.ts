import { setTimeout as pause } from 'node:timers/promises';
import type { LedgerTotals } from '../../../shadow/ledger/index.ts';
import type { TypeView } from '../../../src/gateway/admin/views.ts';
import { type BenchmarkResult, figure, none } from '../result.ts';

/** What became of the copies of a type's calls since the gateway began. */
export type Copies = Pick<LedgerTotals, 'eligible' | 'compared' | 'matched' | 'notComparable' | 'dropped'>;

type Admin = { readonly get: <T>(path: string) => Promise<T> };

/** The copies of a type once none is under way; after `looksMax` looks, as they are. */
export async function copiesSettled(
  admin: Admin,
  type: string,
  { pauseMs = 50, looksMax = 200 } = {},
): Promise<Copies> {
  for (let looks = 1; ; looks += 1) {
    const { calls } = await admin.get<TypeView>(`/v1/types/${type}`);
    const settled = calls.compared + calls.notComparable + calls.dropped;
    if (settled >= calls.eligible || looks >= looksMax) return calls;
    await pause(pauseMs);
  }
}

const MISSING_MAX_PERCENT = 1;

/**
 * Whether a load under the shadow was one: `calls` were answered between two looks at the copies, and each of them is to
 * have been copied and compared, to a candidate that is the same as the primary.
 */
export function copiesResults(what: string, calls: number, before: Copies, after: Copies): readonly BenchmarkResult[] {
  const since = (key: keyof Copies) => after[key] - before[key];
  const [eligible, compared, dropped] = [since('eligible'), since('compared'), since('dropped')];
  // Calls that were under way as the load ended are eligible, and not in `calls`.
  const expected = Math.max(calls, eligible);
  const missing = (100 * (expected - compared)) / expected;
  const counts = `${eligible} eligible, ${compared} compared, ${since('notComparable')} not comparable, ${dropped} dropped`;
  return [
    {
      ...figure(`calls without a compared copy, ${what}`, missing, `% (${calls} calls, ${counts})`),
      target: `at most ${MISSING_MAX_PERCENT} %`,
      met: missing <= MISSING_MAX_PERCENT,
    },
    none(`wrong copies, ${what}`, compared - since('matched'), `of ${compared}`),
  ];
}
