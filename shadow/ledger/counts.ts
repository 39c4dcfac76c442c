import {
  DROPPED,
  type DropReason,
  type FailureReason,
  NOT_COMPARABLE,
  type NotComparableReason,
  type Observation,
} from '../../src/contract/calls.ts';
import type { Side } from '../../src/contract/stages.ts';
import { Latency } from './latency.ts';
import type { OperationSnapshot, Role, SideSnapshot, StatusClass } from './snapshot.ts';

export const FAILURES = Object.keys({
  refused: 0,
  unavailable: 0,
  connect_timeout: 0,
  answer_timeout: 0,
  reset: 0,
  truncated: 0,
  malformed: 0,
  overloaded: 0,
  aborted: 0,
} satisfies Record<FailureReason, 0>) as readonly FailureReason[];

export const STATUS_CLASSES = ['1xx', '2xx', '3xx', '4xx', '5xx', 'other'] as const satisfies readonly StatusClass[];

/** What is counted of one operation. */
export class OperationCounts {
  eligible = 0;
  readonly verdicts = { match: 0, explained: 0, mismatch: 0 };
  readonly notComparable = zeros(Object.keys(NOT_COMPARABLE) as NotComparableReason[]);
  readonly dropped = zeros(Object.keys(DROPPED) as DropReason[]);
  /** Made when a side is first seen in a role. */
  readonly #sides = new Map<Side, Map<Role, SideCounts>>();

  side(side: Side, role: Role): SideCounts {
    return this.#sides.get(side)?.get(role) ?? this.#keep(side, role, new SideCounts());
  }

  /** Answers that clients got from a side. */
  answered(side: Side): number {
    return this.#sides.get(side)?.get('primary')?.answers ?? 0;
  }

  /** What became of the eligible calls, without latencies. */
  settlements(): Omit<OperationSnapshot, 'operation' | 'sides'> {
    const { eligible, verdicts, notComparable, dropped } = this;
    return { eligible, ...verdicts, notComparable: { ...notComparable }, dropped: { ...dropped } };
  }

  snapshot(operation: string): OperationSnapshot {
    const sides: SideSnapshot[] = [];
    for (const [side, roles] of this.#sides) {
      for (const [role, counts] of roles) sides.push(counts.snapshot(side, role));
    }
    return { operation, ...this.settlements(), sides: sides.sort(bySide) };
  }

  static restore(snapshot: OperationSnapshot): OperationCounts {
    const counts = new OperationCounts();
    counts.absorb(snapshot);
    return counts;
  }

  /** Adds what another process counted. */
  absorb(snapshot: OperationSnapshot): void {
    this.eligible += snapshot.eligible;
    const { match, explained, mismatch } = snapshot;
    addInto(this.verdicts, { match, explained, mismatch });
    addInto(this.notComparable, snapshot.notComparable);
    addInto(this.dropped, snapshot.dropped);
    for (const counted of snapshot.sides) this.side(counted.side, counted.role).absorb(counted);
  }

  #keep(side: Side, role: Role, counts: SideCounts): SideCounts {
    const roles = this.#sides.get(side) ?? new Map<Role, SideCounts>();
    this.#sides.set(side, roles.set(role, counts));
    return counts;
  }
}

/** How a side ended the calls that it was asked in a role. */
class SideCounts {
  answers = 0;
  readonly #failures = zeros(FAILURES);
  readonly #statuses = zeros(STATUS_CLASSES);
  readonly #firstByte = new Latency();
  readonly #total = new Latency();

  /** On the way of every call: no allocation, about half a microsecond. */
  record({ outcome, firstByteMs, totalMs }: Observation): void {
    if (outcome.kind === 'answer') {
      this.answers += 1;
      this.#statuses[STATUS_CLASSES[Math.trunc(outcome.status / 100) - 1] ?? 'other'] += 1;
      // A side that fails at once must not look quick for it.
      if (outcome.status >= 500) return;
      if (firstByteMs !== null) this.#firstByte.record(firstByteMs);
      this.#total.record(totalMs);
      return;
    }
    this.#failures[outcome.reason] += 1;
    // Leaving these out would make a side that hangs look quick (coordinated omission).
    if (outcome.reason === 'answer_timeout') this.#total.record(totalMs);
  }

  snapshot(side: Side, role: Role): SideSnapshot {
    return {
      side,
      role,
      answers: this.answers,
      failures: { ...this.#failures },
      statuses: { ...this.#statuses },
      firstByteMs: this.#firstByte.snapshot(),
      totalMs: this.#total.snapshot(),
    };
  }

  absorb(snapshot: SideSnapshot): void {
    this.answers += snapshot.answers;
    addInto(this.#failures, snapshot.failures);
    addInto(this.#statuses, snapshot.statuses);
    this.#firstByte.absorb(snapshot.firstByteMs);
    this.#total.absorb(snapshot.totalMs);
  }
}

export function bySide(a: SideSnapshot, b: SideSnapshot): number {
  return compareText(a.side, b.side) || compareText(b.role, a.role);
}

/** By code unit, so that the order is the same on every machine. */
export function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

function zeros<Key extends string>(keys: readonly Key[]): Record<Key, number> {
  return Object.fromEntries(keys.map((key) => [key, 0])) as Record<Key, number>;
}

/** Names that only the other knows, from another version, are added too. */
function addInto<Key extends string>(counts: Record<Key, number>, more: Readonly<Record<Key, number>>): void {
  for (const key of Object.keys(more) as Key[]) counts[key] = (counts[key] ?? 0) + more[key];
}
