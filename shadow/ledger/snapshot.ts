import type {
  Difference,
  DropReason,
  FailureReason,
  NotComparableReason,
  RawHeaders,
} from '../../src/contract/calls.ts';
import type { Side } from '../../src/contract/stages.ts';
import type { LatencySnapshot } from './latency.ts';

/** Whether a side answered the client or only watched. */
export type Role = 'primary' | 'candidate';
export type StatusClass = '1xx' | '2xx' | '3xx' | '4xx' | '5xx' | 'other';

/** A ledger as plain JSON. Two of them merge in any order into the ledger of both. */
export type LedgerSnapshot = {
  readonly schema: 1;
  /** When counting began, and when the snapshot was taken; epoch milliseconds. */
  readonly sinceMs: number;
  readonly atMs: number;
  /** By name. */
  readonly operations: readonly OperationSnapshot[];
  /** Calls counted as `OTHER_OPERATIONS`, because the ledger held its most operations. */
  readonly operationsOverflowed: number;
  readonly signatures: readonly SignatureSnapshot[];
  /** Differences not counted by signature, because the ledger held its most signatures. */
  readonly signaturesOverflowed: number;
  /** Samples kept without their call, because the ledger held its most characters. */
  readonly samplesTrimmed: number;
};

/**
 * The calls of one operation that were to be mirrored, by what became of them:
 * eligible = match + explained + mismatch + not comparable + dropped + those still in flight.
 */
export type OperationSnapshot = {
  readonly operation: string;
  readonly eligible: number;
  readonly match: number;
  readonly explained: number;
  readonly mismatch: number;
  readonly notComparable: Readonly<Record<NotComparableReason, number>>;
  readonly dropped: Readonly<Record<DropReason, number>>;
  readonly sides: readonly SideSnapshot[];
};

/** How a side ended the calls that it was asked in a role. */
export type SideSnapshot = {
  readonly side: Side;
  readonly role: Role;
  readonly answers: number;
  readonly failures: Readonly<Record<FailureReason, number>>;
  readonly statuses: Readonly<Record<StatusClass, number>>;
  readonly firstByteMs: LatencySnapshot;
  /** Answers, and answers that did not come within the timeout. */
  readonly totalMs: LatencySnapshot;
};

/**
 * Differences of one kind at one index-free path. Told by side, not by role: `missing` is what V2 lacks and
 * `extra` what only V2 has, also while V2 answers the client.
 */
export type SignatureSnapshot = {
  readonly operation: string;
  readonly kind: Difference['kind'];
  readonly path: string;
  readonly explainedBy: string | null;
  /** Compared calls in which it was seen. */
  readonly count: number;
  readonly firstSeenMs: number;
  readonly lastSeenMs: number;
  readonly samples: readonly Sample[];
};

/** One call in which a signature was seen, redacted. */
export type Sample = {
  /** Drawn at random; the samples with the lowest draws are kept, so that merging keeps a fair sample too. */
  readonly draw: number;
  readonly atMs: number;
  readonly at: string;
  readonly primary: Side;
  readonly legacy: string;
  readonly v2: string;
  /** `null`: left out to save memory. */
  readonly call: SampleCall | null;
};

export type SampleCall = {
  readonly method: string;
  readonly target: string;
  readonly headers: RawHeaders;
  /** `null`: it was too long to keep. */
  readonly body: string | null;
  readonly answers: Readonly<Record<Side, string>>;
};

/** What became of the eligible calls of an operation. */
export type Settlements = Omit<OperationSnapshot, 'operation' | 'sides'>;

export function settledCount(operation: Settlements): number {
  return comparedCount(operation) + sum(operation.notComparable) + sum(operation.dropped);
}

export function comparedCount({ match, explained, mismatch }: Settlements): number {
  return match + explained + mismatch;
}

export function sum(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((total, count) => total + count, 0);
}

/** Adds counts by name; neither operand is changed. */
export function add<Key extends string>(
  a: Readonly<Record<Key, number>>,
  b: Readonly<Record<Key, number>>,
): Record<Key, number> {
  const total: Record<Key, number> = { ...a };
  for (const key of Object.keys(b) as Key[]) total[key] = (total[key] ?? 0) + b[key];
  return total;
}
