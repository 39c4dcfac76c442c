import { comparedCount, type OperationSnapshot, sum } from '../ledger/snapshot.ts';
import type { Conservation, Figures } from './types.ts';

type Settled = Pick<
  Figures,
  | 'eligible'
  | 'compared'
  | 'match'
  | 'explained'
  | 'mismatch'
  | 'notComparable'
  | 'dropped'
  | 'matchRate'
  | 'mismatchRateMax95'
>;

/** What became of the eligible calls of some operations together. */
export function settledFigures(operations: readonly OperationSnapshot[]): Settled {
  const total = (of: (operation: OperationSnapshot) => number) => operations.reduce((all, one) => all + of(one), 0);
  const compared = total(comparedCount);
  const mismatch = total((operation) => operation.mismatch);
  return {
    eligible: total(({ eligible }) => eligible),
    compared,
    match: total(({ match }) => match),
    explained: total(({ explained }) => explained),
    mismatch,
    notComparable: total(({ notComparable }) => sum(notComparable)),
    dropped: total(({ dropped }) => sum(dropped)),
    matchRate: compared === 0 ? null : (compared - mismatch) / compared,
    mismatchRateMax95: upperBound95(mismatch, compared),
  };
}

/**
 * The one-sided 95 % upper bound of a rate (Wilson, JASA 1927): after 20 calls without a mismatch one in eight may
 * still mismatch, which "100 % match" does not say. `null`: no trials.
 */
export function upperBound95(hits: number, trials: number): number | null {
  if (trials === 0) return null;
  const z = 1.6449;
  const rate = hits / trials;
  const centre = rate + z ** 2 / (2 * trials);
  const spread = z * Math.sqrt((rate * (1 - rate)) / trials + z ** 2 / (4 * trials ** 2));
  return Math.min(1, (centre + spread) / (1 + z ** 2 / trials));
}

/** `holds` is for each operation: a call lost by one and won by another must not cancel out. */
export function conservation(operations: readonly OperationSnapshot[]): Conservation {
  const { eligible, compared, notComparable, dropped } = settledFigures(operations);
  const inFlight = (one: Settled) => one.eligible - one.compared - one.notComparable - one.dropped;
  return {
    eligible,
    compared,
    notComparable,
    dropped,
    inFlight: eligible - compared - notComparable - dropped,
    holds: operations.every((operation) => inFlight(settledFigures([operation])) >= 0),
  };
}
