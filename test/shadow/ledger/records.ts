import type { Comparison } from '../../../shadow/compare/index.ts';
import { Ledger, type LedgerOptions } from '../../../shadow/ledger/index.ts';
import { createRedactor } from '../../../shadow/redact/index.ts';
import type { CallCopy, Difference, Observation } from '../../../src/contract/calls.ts';
import type { Side } from '../../../src/contract/stages.ts';

/** A clock and a random source that say what they are told. */
export function ledgerAt(options: Partial<LedgerOptions> & { readonly draws?: readonly number[] } = {}): {
  readonly ledger: Ledger;
  readonly clock: { nowMs: number };
} {
  const clock = { nowMs: 1_000 };
  const draws = [...(options.draws ?? [])];
  const ledger = new Ledger({
    clock: () => clock.nowMs,
    random: () => draws.shift() ?? 0.5,
    redactor: REDACTOR,
    ...options,
  });
  return { ledger, clock };
}

export const REDACTOR = createRedactor(Buffer.from('a key for tests'));

export function call(operation: string, options: Partial<CallCopy> = {}): CallCopy {
  return {
    type: 'billing',
    operation,
    effect: 'read',
    method: 'GET',
    target: `/${operation}`,
    headers: [],
    body: new Uint8Array(0),
    entities: [],
    ...options,
  };
}

export function answered(side: Side, totalMs = 5, status = 200, body = '{}'): Observation {
  const headers = ['Content-Type', 'application/json'];
  return {
    side,
    firstByteMs: totalMs / 2,
    totalMs,
    outcome: { kind: 'answer', status, headers, body: Buffer.from(body) },
  };
}

export function failed(side: Side, reason: 'answer_timeout' | 'refused', totalMs = 30_000): Observation {
  return { side, firstByteMs: null, totalMs, outcome: { kind: 'failure', reason, message: reason } };
}

export function difference(options: Partial<Difference> = {}): Difference {
  return {
    kind: 'value',
    path: '/state',
    at: '/state',
    primary: '"idle"',
    candidate: '"busy"',
    explainedBy: null,
    ...options,
  };
}

export function comparison(...differences: readonly Difference[]): Comparison {
  const isExplained = differences.every(({ explainedBy }) => explainedBy !== null);
  const verdict = differences.length === 0 ? 'match' : isExplained ? 'explained' : 'mismatch';
  return { verdict, reason: null, differences, differencesTotal: differences.length };
}

/** Counts one call as eligible and compared. */
export function compared(ledger: Ledger, operation: string, ...differences: readonly Difference[]): void {
  ledger.eligible(operation);
  ledger.settled(call(operation), answered('legacy'), {
    kind: 'compared',
    comparison: comparison(...differences),
    candidate: answered('v2'),
  });
}
