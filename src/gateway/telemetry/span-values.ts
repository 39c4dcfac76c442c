import type { CallCopy, Observation } from '../../contract/calls.ts';
import type { Side } from '../../contract/stages.ts';
import type { EndedSpan, SpanAttributes } from '../../telemetry/trace/tracing.ts';
import { upstreamAddress } from '../upstream/address.ts';
import { whyText } from './call-line.ts';
import type { CallRecord, RecordedAttempt } from './call-record.ts';

// What spans say, by OpenTelemetry's semantic conventions for HTTP. Never a query, a header or a body.

/** @param redact takes secrets out of a path */
export function callSpan(call: CallRecord, redact: (path: string) => string): EndedSpan {
  const { head, decision, method, status, error, side, scheme, attempts } = call;
  const route = decision?.operation.path || null;
  return {
    name: route === null ? method : `${method} ${route}`,
    // A client that left, or sent what cannot be answered, is no failure of the gateway.
    error: error !== null && (status >= 500 || status === 0) ? error : status >= 500 ? String(status) : null,
    attributes: {
      'http.request.method': method,
      'url.scheme': scheme,
      'url.path': head === null ? null : redact(head.path),
      'http.route': route,
      'http.response.status_code': status === 0 ? null : status,
      'client.address': head?.address ?? null,
      'banyan.type': head?.type ?? null,
      'banyan.operation': decision?.operation.name ?? null,
      'banyan.stage': decision?.plan.stage ?? null,
      'banyan.side': side ?? 'none',
      'banyan.why': decision === null ? null : whyText(decision.plan.why),
      'banyan.attempts': attempts,
    },
  };
}

export function attemptSpan(
  { method, head }: CallRecord,
  { side, upstream, before, observation }: RecordedAttempt,
  redact: (path: string) => string,
): EndedSpan {
  return {
    name: method,
    error: errorOf(observation),
    attributes: {
      ...asked(method, upstream, head === null ? '' : redact(head.path), observation),
      'http.request.resend_count': before === 0 ? null : before,
      'banyan.type': head?.type ?? null,
      'banyan.side': side,
      'banyan.purpose': 'primary',
    },
  };
}

export function copySpan(
  call: CallCopy,
  {
    side,
    upstream,
    observation,
  }: { readonly side: Side; readonly upstream: string | null; readonly observation: Observation },
  redact: (path: string) => string,
): EndedSpan {
  const [path = ''] = call.target.split('?', 1);
  return {
    name: call.method,
    error: errorOf(observation),
    attributes: {
      ...asked(call.method, upstream, redact(path), observation),
      'banyan.type': call.type,
      'banyan.operation': call.operation,
      'banyan.side': side,
      'banyan.purpose': 'candidate',
    },
  };
}

function asked(method: string, upstream: string | null, path: string, { outcome }: Observation): SpanAttributes {
  return {
    'http.request.method': method,
    ...addressOf(upstream, path),
    'http.response.status_code': outcome.kind === 'answer' ? outcome.status : null,
  };
}

/** Nothing where a side has several addresses, or none. */
function addressOf(upstream: string | null, path: string): SpanAttributes {
  if (upstream === null) return {};
  const { at } = upstreamAddress(upstream, null);
  if ('path' in at) return { 'server.address': at.path };
  return { 'server.address': at.host, 'server.port': at.port, 'url.full': `${upstream}${path}` };
}

/** For a client, a status from 400 on is an error. */
function errorOf({ outcome }: Observation): string | null {
  if (outcome.kind === 'failure') return outcome.reason;
  return outcome.status >= 400 ? String(outcome.status) : null;
}
