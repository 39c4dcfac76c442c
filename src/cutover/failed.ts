import type { Outcome } from '../contract/calls.ts';
import type { WireOperation } from '../contract/wire.ts';

/**
 * Whether an outcome counts against the side that gave it: no whole answer, or a status of 500 and above that
 * the operation does not list as its ordinary way to say no. A client that left counts against nobody.
 */
export function failed(operation: Pick<WireOperation, 'expects'>, outcome: Outcome): boolean {
  if (outcome.kind === 'failure') return outcome.reason !== 'aborted';
  return outcome.status >= 500 && operation.expects?.includes(outcome.status) !== true;
}
