import { createHash } from 'node:crypto';
import { DROPPED, NOT_COMPARABLE } from '../../src/contract/calls.ts';
import type { Policy } from '../../src/contract/policy.ts';
import type { Side } from '../../src/contract/stages.ts';
import { signatureKey } from '../ledger/signatures.ts';
import {
  add,
  comparedCount,
  type LedgerSnapshot,
  type OperationSnapshot,
  type SideSnapshot,
  type SignatureSnapshot,
  sum,
} from '../ledger/snapshot.ts';
import { latencyFigures } from './latencies.ts';
import { conservation, settledFigures } from './settlements.ts';
import type { DifferenceReport, Figures, Outcomes, ReasonReport, Report } from './types.ts';

/** Reads a type's ledger for people and programs. */
export function buildReport(snapshot: LedgerSnapshot, policy: Policy): Report {
  const { type, stage, sharePpm, rolledBack, revision } = policy;
  const { operations, signatures } = snapshot;
  const comparedBy = new Map(operations.map((operation) => [operation.operation, comparedCount(operation)]));
  return {
    schema: 1,
    type,
    atMs: snapshot.atMs,
    sinceMs: snapshot.sinceMs,
    policy: { stage, sharePpm, rolledBack, revision },
    totals: figures(operations),
    operations: operations
      .map((operation) => ({ operation: operation.operation, ...figures([operation]) }))
      .sort((a, b) => b.calls - a.calls),
    differences: signatures.map((one) => differenceReport(one, comparedBy.get(one.operation) ?? 0)).sort(byWeight),
    differencesOverflowed: snapshot.signaturesOverflowed,
    notComparable: reasons(operations, ({ notComparable }) => notComparable, NOT_COMPARABLE),
    dropped: reasons(operations, ({ dropped }) => dropped, DROPPED),
    conservation: conservation(operations),
  };
}

function figures(operations: readonly OperationSnapshot[]): Figures {
  const sides = operations.flatMap((operation) => operation.sides);
  const primaries = sides.filter(({ role }) => role === 'primary');
  return {
    calls: primaries.reduce((calls, { answers, failures }) => calls + answers + sum(failures), 0),
    ...settledFigures(operations),
    outcomes: { legacy: outcomes(sides, 'legacy'), v2: outcomes(sides, 'v2') },
    ...latencyFigures(sides),
  };
}

function outcomes(sides: readonly SideSnapshot[], side: Side): Outcomes {
  const seen = sides.filter((one) => one.side === side);
  return {
    answers: seen.reduce((answers, one) => answers + one.answers, 0),
    failures: nonZero(seen.map(({ failures }) => failures)),
    statuses: nonZero(seen.map(({ statuses }) => statuses)),
  };
}

function nonZero<Key extends string>(all: readonly Readonly<Record<Key, number>>[]): Partial<Record<Key, number>> {
  const sums = all.reduce(add, {} as Record<Key, number>);
  return Object.fromEntries(Object.entries(sums).filter(([, count]) => count !== 0)) as Partial<Record<Key, number>>;
}

function differenceReport(signature: SignatureSnapshot, compared: number): DifferenceReport {
  const { count } = signature;
  return {
    id: createHash('sha256').update(signatureKey(signature)).digest('hex').slice(0, 8),
    ...signature,
    share: compared === 0 ? 0 : count / compared,
  };
}

function byWeight(a: DifferenceReport, b: DifferenceReport): number {
  return Number(a.explainedBy !== null) - Number(b.explainedBy !== null) || b.count - a.count;
}

function reasons<Reason extends string>(
  operations: readonly OperationSnapshot[],
  of: (operation: OperationSnapshot) => Readonly<Record<Reason, number>>,
  texts: Readonly<Record<Reason, string>>,
): readonly ReasonReport[] {
  const counts = operations.map(of).reduce(add, {} as Record<Reason, number>);
  return (Object.keys(texts) as Reason[])
    .map((reason) => ({ reason, text: texts[reason], count: counts[reason] ?? 0 }))
    .filter(({ count }) => count > 0)
    .sort((a, b) => b.count - a.count);
}
