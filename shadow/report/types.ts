import type { Difference, FailureReason } from '../../src/contract/calls.ts';
import type { Policy } from '../../src/contract/policy.ts';
import type { Side } from '../../src/contract/stages.ts';
import type { Sample, StatusClass } from '../ledger/snapshot.ts';

/** What the shadow of a type found. Plain JSON; `schema` grows when the shape changes. */
export type Report = {
  readonly schema: 1;
  readonly type: string;
  /** When it was made, and since when was counted; epoch milliseconds. */
  readonly atMs: number;
  readonly sinceMs: number;
  readonly policy: Pick<Policy, 'stage' | 'sharePpm' | 'rolledBack' | 'revision'>;
  readonly totals: Figures;
  /** The most called first. */
  readonly operations: readonly OperationReport[];
  /** Unexplained ones first, then the most frequent. */
  readonly differences: readonly DifferenceReport[];
  /** Differences that the ledger had no room to tell apart. */
  readonly differencesOverflowed: number;
  readonly notComparable: readonly ReasonReport[];
  readonly dropped: readonly ReasonReport[];
  readonly conservation: Conservation;
};

export type OperationReport = Figures & { readonly operation: string };

export type Figures = {
  /** Calls that clients made. */
  readonly calls: number;
  readonly eligible: number;
  readonly compared: number;
  readonly match: number;
  readonly explained: number;
  readonly mismatch: number;
  readonly notComparable: number;
  readonly dropped: number;
  /** (match + explained) / compared; `null`: nothing was compared. */
  readonly matchRate: number | null;
  /** With 95 % confidence, no more than this fraction of such calls mismatch. */
  readonly mismatchRateMax95: number | null;
  readonly outcomes: Readonly<Record<Side, Outcomes>>;
  readonly latency: Readonly<Record<Side, Quantiles>>;
  readonly firstByte: Readonly<Record<Side, Quantiles>>;
  /** V2's time to the last byte over legacy's; above 1, V2 is slower. */
  readonly slowdown: Slowdown;
  readonly shape: LatencyShape | null;
};

/** How a side ended the calls that it was asked, in either role. Counts of zero are left out. */
export type Outcomes = {
  readonly answers: number;
  readonly failures: Readonly<Partial<Record<FailureReason, number>>>;
  readonly statuses: Readonly<Partial<Record<StatusClass, number>>>;
};

/** `null`: nothing was measured. Within 1 % of the exact value. */
export type Quantiles = {
  readonly p50Ms: number | null;
  readonly p90Ms: number | null;
  readonly p99Ms: number | null;
};

export type Slowdown = { readonly p50: number | null; readonly p90: number | null; readonly p99: number | null };

/** Both sides' calls by time to the last byte, on one logarithmic scale. */
export type LatencyShape = {
  readonly fromMs: number;
  readonly toMs: number;
  readonly counts: Readonly<Record<Side, readonly number[]>>;
};

export type DifferenceReport = {
  /** Names the signature in commands and links. */
  readonly id: string;
  readonly operation: string;
  /** `missing`: V2 lacks it; `extra`: only V2 has it. */
  readonly kind: Difference['kind'];
  readonly path: string;
  /** Why it is known and accepted; `null`: it is not. */
  readonly explainedBy: string | null;
  /** Compared calls that showed it, and their share of the operation's compared calls. */
  readonly count: number;
  readonly share: number;
  readonly firstSeenMs: number;
  readonly lastSeenMs: number;
  readonly samples: readonly Sample[];
};

export type ReasonReport = { readonly reason: string; readonly text: string; readonly count: number };

/** eligible = compared + notComparable + dropped + inFlight. */
export type Conservation = {
  readonly eligible: number;
  readonly compared: number;
  readonly notComparable: number;
  readonly dropped: number;
  /** Waiting or under way. Below zero: a call was settled twice, which is a defect. */
  readonly inFlight: number;
  readonly holds: boolean;
};
