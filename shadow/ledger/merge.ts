import { bySide, compareText } from './counts.ts';
import { mergeLatencies } from './latency.ts';
import { bySignature, mergeSamples, signatureKey } from './signatures.ts';
import {
  add,
  type LedgerSnapshot,
  type OperationSnapshot,
  type SideSnapshot,
  type SignatureSnapshot,
} from './snapshot.ts';

/**
 * The ledger of two gateways, or of one gateway's two lives. Commutative and associative to the last byte.
 * Nothing is left out, so it may hold more signatures than one ledger would.
 */
export function mergeSnapshots(a: LedgerSnapshot, b: LedgerSnapshot): LedgerSnapshot {
  return {
    schema: 1,
    sinceMs: Math.min(a.sinceMs, b.sinceMs),
    atMs: Math.max(a.atMs, b.atMs),
    operations: mergeBy(a.operations, b.operations, ({ operation }) => operation, mergeOperations).sort(byOperation),
    operationsOverflowed: a.operationsOverflowed + b.operationsOverflowed,
    signatures: mergeBy(a.signatures, b.signatures, signatureKey, mergeSignatures).sort(bySignature),
    signaturesOverflowed: a.signaturesOverflowed + b.signaturesOverflowed,
    samplesTrimmed: a.samplesTrimmed + b.samplesTrimmed,
  };
}

function byOperation(a: OperationSnapshot, b: OperationSnapshot): number {
  return compareText(a.operation, b.operation);
}

function mergeOperations(a: OperationSnapshot, b: OperationSnapshot): OperationSnapshot {
  return {
    operation: a.operation,
    eligible: a.eligible + b.eligible,
    match: a.match + b.match,
    explained: a.explained + b.explained,
    mismatch: a.mismatch + b.mismatch,
    notComparable: add(a.notComparable, b.notComparable),
    dropped: add(a.dropped, b.dropped),
    sides: mergeBy(a.sides, b.sides, ({ side, role }) => `${side} ${role}`, mergeSides).sort(bySide),
  };
}

function mergeSides(a: SideSnapshot, b: SideSnapshot): SideSnapshot {
  return {
    side: a.side,
    role: a.role,
    answers: a.answers + b.answers,
    failures: add(a.failures, b.failures),
    statuses: add(a.statuses, b.statuses),
    firstByteMs: mergeLatencies(a.firstByteMs, b.firstByteMs),
    totalMs: mergeLatencies(a.totalMs, b.totalMs),
  };
}

function mergeSignatures(a: SignatureSnapshot, b: SignatureSnapshot): SignatureSnapshot {
  return {
    ...a,
    count: a.count + b.count,
    firstSeenMs: Math.min(a.firstSeenMs, b.firstSeenMs),
    lastSeenMs: Math.max(a.lastSeenMs, b.lastSeenMs),
    samples: mergeSamples(a.samples, b.samples),
  };
}

function mergeBy<T>(a: readonly T[], b: readonly T[], keyOf: (item: T) => string, merge: (a: T, b: T) => T): T[] {
  const merged = new Map(a.map((item) => [keyOf(item), item]));
  for (const item of b) {
    const key = keyOf(item);
    const other = merged.get(key);
    merged.set(key, other === undefined ? item : merge(other, item));
  }
  return [...merged.values()];
}
