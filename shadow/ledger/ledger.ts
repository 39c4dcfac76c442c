import { randomBytes } from 'node:crypto';
import type { CallCopy, Observation } from '../../src/contract/calls.ts';
import { BanyanError } from '../../src/contract/errors.ts';
import type { Side } from '../../src/contract/stages.ts';
import type { Comparison } from '../compare/index.ts';
import type { Settlement } from '../mirror.ts';
import { createRedactor, type Redactor } from '../redact/index.ts';
import { compareText, OperationCounts } from './counts.ts';
import { Signatures } from './signatures.ts';
import { comparedCount, type LedgerSnapshot, type Role, settledCount, sum } from './snapshot.ts';

export type LedgerOptions = {
  /** Epoch milliseconds. */
  readonly clock: () => number;
  /** From 0 up to 1; draws the samples. */
  readonly random?: () => number;
  /** Default: one with a key of this process, whose tokens no other process can compare. */
  readonly redactor?: Redactor;
  readonly limits?: Partial<LedgerLimits>;
};

export type LedgerLimits = {
  /** Operations of a type; calls of others are counted together as `OTHER_OPERATIONS`. */
  readonly operationsMax: number;
  readonly signaturesMax: number;
  readonly sampleCharsMax: number;
};

const LEDGER_LIMITS: LedgerLimits = Object.freeze({
  operationsMax: 500,
  signaturesMax: 500,
  sampleCharsMax: 1_000_000,
});

export const OTHER_OPERATIONS = '(other operations)';

/** A type's totals, for those who need no more. */
export type LedgerTotals = {
  /** Answers that clients got, by side. */
  readonly answered: Readonly<Record<Side, number>>;
  readonly eligible: number;
  readonly compared: number;
  /** Equal, or different in known ways only. */
  readonly matched: number;
  readonly notComparable: number;
  readonly dropped: number;
};

/**
 * The counts, sketches and samples of a type. Per operation, eligible = compared + not comparable + dropped +
 * in flight, exactly; memory is bounded whatever is counted.
 */
export class Ledger {
  readonly #clock: () => number;
  readonly #limits: LedgerLimits;
  readonly #operations = new Map<string, OperationCounts>();
  readonly #signatures: Signatures;
  #sinceMs: number;
  #operationsOverflowed = 0;

  constructor({ clock, random = Math.random, redactor = createRedactor(randomBytes(32)), limits }: LedgerOptions) {
    this.#clock = clock;
    this.#limits = { ...LEDGER_LIMITS, ...limits };
    this.#signatures = new Signatures(this.#limits, redactor, random);
    this.#sinceMs = clock();
  }

  /** How a side ended a call, mirrored or not. On the way of every call: well below a microsecond. */
  observed(operation: string, side: Side, role: Role, observation: Observation): void {
    this.#counts(operation).side(side, role).record(observation);
  }

  /** A call that is to be mirrored. `settled` must follow, once. */
  eligible(operation: string): void {
    this.#counts(operation).eligible += 1;
  }

  /** What became of an eligible call. `primary`: what the client got, `null` when it got nothing. */
  settled(call: CallCopy, primary: Observation | null, settlement: Settlement): void {
    const counts = this.#counts(call.operation);
    switch (settlement.kind) {
      case 'dropped':
        counts.dropped[settlement.reason] += 1;
        return;
      case 'not_comparable':
        counts.notComparable[settlement.reason] += 1;
        return;
      case 'compared':
        this.#compared(counts, settlement.comparison, call, primary, settlement.candidate);
    }
  }

  #compared(
    counts: OperationCounts,
    { verdict, reason, differences }: Comparison,
    call: CallCopy,
    primary: Observation | null,
    candidate: Observation,
  ): void {
    if (verdict === 'not_comparable') counts.notComparable[reason ?? 'too_complex'] += 1;
    else counts.verdicts[verdict] += 1;
    if (differences.length > 0) this.#signatures.note(differences, { atMs: this.#clock(), call, primary, candidate });
  }

  totals(): LedgerTotals {
    const totals = {
      answered: { legacy: 0, v2: 0 },
      eligible: 0,
      compared: 0,
      matched: 0,
      notComparable: 0,
      dropped: 0,
    };
    for (const counts of this.#operations.values()) {
      const settlements = counts.settlements();
      totals.answered.legacy += counts.answered('legacy');
      totals.answered.v2 += counts.answered('v2');
      totals.eligible += settlements.eligible;
      totals.compared += comparedCount(settlements);
      totals.matched += settlements.match + settlements.explained;
      totals.notComparable += sum(settlements.notComparable);
      totals.dropped += sum(settlements.dropped);
    }
    return totals;
  }

  snapshot(): LedgerSnapshot {
    const operations = [...this.#operations].map(([name, counts]) => counts.snapshot(name));
    return {
      schema: 1,
      sinceMs: this.#sinceMs,
      atMs: this.#clock(),
      operations: operations.sort((a, b) => compareText(a.operation, b.operation)),
      operationsOverflowed: this.#operationsOverflowed,
      signatures: this.#signatures.snapshot(),
      signaturesOverflowed: this.#signatures.overflowed,
      samplesTrimmed: this.#signatures.trimmed,
    };
  }

  /**
   * Goes on where a snapshot ends. What was in flight then will never be settled: it is counted as dropped.
   * @throws BanyanError INTERNAL for a snapshot of another schema
   */
  static restore(snapshot: LedgerSnapshot, options: LedgerOptions): Ledger {
    if (snapshot.schema !== 1) {
      throw new BanyanError(
        'INTERNAL',
        `expected a ledger snapshot of schema 1, got schema ${String(snapshot.schema)}`,
      );
    }
    const ledger = new Ledger(options);
    for (const operation of snapshot.operations) {
      const counts = OperationCounts.restore(operation);
      counts.dropped.interrupted += Math.max(0, operation.eligible - settledCount(operation));
      ledger.#operations.set(operation.operation, counts);
    }
    ledger.absorb({ ...snapshot, operations: [] });
    return ledger;
  }

  /** Adds what another process has counted and sampled, within the limits of this ledger. */
  absorb(snapshot: LedgerSnapshot): void {
    this.#sinceMs = Math.min(this.#sinceMs, snapshot.sinceMs);
    this.#operationsOverflowed += snapshot.operationsOverflowed;
    for (const operation of snapshot.operations) this.#counts(operation.operation).absorb(operation);
    this.#signatures.absorb(snapshot.signatures, snapshot.signaturesOverflowed, snapshot.samplesTrimmed);
  }

  /** Of so many eligible calls it will never be known what became of them: whoever held them has ended. */
  interrupted(operation: string, calls: number): void {
    this.#counts(operation).dropped.interrupted += calls;
  }

  /** Gives all of it away, for the ledger of another process, and begins anew; `null` when there is nothing. */
  take(): LedgerSnapshot | null {
    if (this.#operations.size === 0) return null;
    const snapshot = this.snapshot();
    this.#operations.clear();
    this.#signatures.clear();
    this.#operationsOverflowed = 0;
    this.#sinceMs = this.#clock();
    return snapshot;
  }

  #counts(operation: string): OperationCounts {
    return this.#operations.get(operation) ?? this.#newCounts(operation);
  }

  #newCounts(operation: string): OperationCounts {
    const isFull = this.#operations.size >= this.#limits.operationsMax;
    if (isFull) this.#operationsOverflowed += 1;
    const name = isFull ? OTHER_OPERATIONS : operation;
    const counts = this.#operations.get(name) ?? new OperationCounts();
    this.#operations.set(name, counts);
    return counts;
  }
}
