import type { RawHeaders } from '../../contract/calls.ts';
import type { CallRecord } from './call-record.ts';

const VALUE_CHARS_MAX = 1024;

/** What a client is told of its call that has shown a debug token. */
export function debugHeaders(call: CallRecord): RawHeaders {
  const { head, decision, side, attempts } = call;
  const affinity = decision?.affinity ?? null;
  return [
    ...said('type', head?.type),
    ...said('operation', decision?.operation.name),
    ...said('stage', decision?.plan.stage),
    ...said('side', side ?? 'none'),
    ...said('why', decision?.plan.why.map(({ rule, says }) => `${rule}: ${says}`).join('; ')),
    // Never the key itself: it may be somebody's address, session or tenant.
    ...said('affinity', affinity === null ? 'none' : `${affinity.unitKind} ${affinity.source}`),
    ...said('attempts', String(attempts)),
    ...said('call-id', call.id),
    ...said('trace-id', call.traceId ?? undefined),
  ];
}

function said(name: string, value: string | undefined): RawHeaders {
  if (value === undefined) return [];
  return [`x-banyan-${name}`, value.replace(/[^\x20-\x7e]/g, '?').slice(0, VALUE_CHARS_MAX)];
}
