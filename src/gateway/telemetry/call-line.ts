import type { CallRecord } from './call-record.ts';

const PATH_CHARS_MAX = 1024;

/**
 * One call in the log. Of what the client sent it has the method, the address and the path, in which ids stay and
 * secrets are replaced; no query, no header, no body.
 */
export function callLine(call: CallRecord, redact: (path: string) => string): Readonly<Record<string, unknown>> {
  const { head, decision, method, status, side, error, attempts, firstByteMs, seconds } = call;
  return {
    type: head?.type ?? null,
    operation: decision?.operation.name ?? null,
    method,
    path: head === null ? null : redact(head.path).slice(0, PATH_CHARS_MAX),
    address: head?.address ?? null,
    status,
    error,
    stage: decision?.plan.stage ?? null,
    side,
    why: decision === null ? null : whyText(decision.plan.why),
    affinity: decision?.affinity?.source ?? null,
    attempts,
    durationMs: Math.round(seconds * 1e6) / 1000,
    firstByteMs: firstByteMs === null ? null : Math.round(firstByteMs * 1000) / 1000,
    callId: call.id,
    traceId: call.traceId,
  };
}

/** The rules that were asked, and the side that one chose; what else they say may hold an id of a query. */
export function whyText(why: NonNullable<CallRecord['decision']>['plan']['why']): string {
  return why.map(({ rule, side }) => (side === null ? rule : `${rule}=${side}`)).join(' ');
}
