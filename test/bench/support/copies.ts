import { setTimeout as pause } from 'node:timers/promises';
import type { Report } from '../../../shadow/report/index.ts';
import { type BenchmarkResult, figure, none } from '../result.ts';

/** What became of the copies of a type's calls since the gateway began. */
export type Copies = {
  readonly eligible: number;
  readonly compared: number;
  readonly mismatched: number;
  readonly notComparable: number;
  readonly dropped: number;
  /** Of those dropped: the client left before its call ended, as a load tool does with its last calls. */
  readonly clientAborted: number;
};

type Admin = { readonly get: <T>(path: string) => Promise<T> };

/** The copies of a type once none is under way; after `looksMax` looks, as they are. */
export async function copiesSettled(
  admin: Admin,
  type: string,
  { pauseMs = 50, looksMax = 200 } = {},
): Promise<Copies> {
  for (let looks = 1; ; looks += 1) {
    const report = await admin.get<Report>(`/v1/types/${type}/report`);
    if (report.conservation.inFlight <= 0 || looks >= looksMax) return copiesIn(report);
    await pause(pauseMs);
  }
}

function copiesIn({ totals, dropped: reasons }: Report): Copies {
  const { eligible, compared, mismatch: mismatched, notComparable, dropped } = totals;
  const clientAborted = reasons.find(({ reason }) => reason === 'client_aborted')?.count ?? 0;
  return { eligible, compared, mismatched, notComparable, dropped, clientAborted };
}

const MISSING_MAX_PERCENT = 1;

/**
 * Whether a load under the shadow was one: `calls` were answered between two looks at the copies, and each of them is to
 * have been copied and compared, to a candidate that is the same as the primary.
 */
export function copiesResults(what: string, calls: number, before: Copies, after: Copies): readonly BenchmarkResult[] {
  const since = (key: keyof Copies) => after[key] - before[key];
  const [eligible, compared, left] = [since('eligible'), since('compared'), since('clientAborted')];
  // Calls that were under way as the load ended are eligible, and not in `calls`.
  const expected = Math.max(calls, eligible - left);
  const missing = (100 * (expected - compared)) / expected;
  const others = `${since('notComparable')} not comparable, ${since('dropped')} dropped, ${left} of them as their client left`;
  return [
    {
      ...figure(
        `calls without a compared copy, ${what}`,
        missing,
        `% (${calls} calls, ${eligible} eligible, ${compared} compared, ${others})`,
      ),
      target: `at most ${MISSING_MAX_PERCENT} %`,
      met: missing <= MISSING_MAX_PERCENT,
    },
    none(`wrong copies, ${what}`, since('mismatched'), `of ${compared}`),
  ];
}
