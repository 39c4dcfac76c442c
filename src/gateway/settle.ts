import type { Observation } from '../contract/calls.ts';
import { failed } from '../cutover/failed.ts';
import { type Call, copyOf } from './call.ts';
import type { Attempt, Forwarded } from './forward.ts';
import type { GatewayParts } from './parts.ts';

/** What happens after the client has its answer: observed, judged by the guard, mirrored. Never throws. */
export function settle(parts: GatewayParts, call: Call, forwarded: Forwarded): void {
  const shadow = parts.shadowOf(call.type.name);
  if (forwarded.attempts.some(({ asked }) => isAborted(asked.observation))) parts.counters.add('client_aborts');
  for (const { side, asked } of forwarded.attempts) {
    shadow.ledger.observed(call.operation.name, side, 'primary', asked.observation);
    if (side === 'v2') parts.guards.watch(call.type.name, failed(call.operation, asked.observation.outcome));
  }
  if (call.plan.candidate === null || call.begun === null) {
    leaveTwinsBehind(parts, call, forwarded);
    return;
  }
  shadow.ledger.eligible(call.operation.name);
  const primary = answerOf(call, forwarded);
  if (primary === null) {
    shadow.abandon(call, call.begun, forwarded);
    return;
  }
  const { created } = forwarded;
  shadow.mirror.offer({ call: copyOf(call), candidate: call.plan.candidate, primary, created, begun: call.begun });
}

/** What the client got, from the side that the plan meant; `null` when it got it from elsewhere or not at all. */
function answerOf(call: Call, { attempts }: Forwarded): Observation | null {
  const last: Attempt | undefined = attempts.at(-1);
  return last === undefined || last.side !== call.plan.primary || isAborted(last.asked.observation)
    ? null
    : last.asked.observation;
}

function isAborted({ outcome }: Observation): boolean {
  return outcome.kind === 'failure' && outcome.reason === 'aborted';
}

/** A write that is not mirrored changes one side only. */
function leaveTwinsBehind(parts: GatewayParts, call: Call, forwarded: Forwarded): void {
  if (call.operation.effect === 'read' || !forwarded.attempts.some(({ asked }) => asked.sent)) return;
  const { stage, rolledBack } = parts.policies.current(call.type.name);
  const named = copyOf(call).entities;
  // The copies that create twins on legacy go on after the type has left the mirrored stages.
  const twinsMayCome = rolledBack !== null || stage === 'off';
  const { twins } = parts.shadowOf(call.type.name);
  if (twinsMayCome) twins.markStale(named);
  else twins.markStale([], named);
}
