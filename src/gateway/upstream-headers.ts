import type { RawHeaders } from '../contract/calls.ts';
import type { OpenSpan } from '../telemetry/trace/tracing.ts';
import { forwardingHeaders, type Peer } from './forwarding.ts';
import type { GatewayParts } from './parts.ts';
import type { RequestHead } from './request-head.ts';
import { withTraceContext } from './telemetry/trace-headers.ts';

/**
 * A call's headers as both sides get them: where it comes from, and which trace it is part of. Without spans of our
 * own, the client's trace context passes as it came.
 *
 * @param span the call's
 */
export function upstreamHeaders(
  { trustedProxies }: GatewayParts,
  head: RequestHead,
  peer: Peer,
  span: OpenSpan | null,
): RawHeaders {
  const own = span === null ? head.headers : withTraceContext(head.headers, span.context);
  return [...own, ...forwardingHeaders(head.forwarding, peer, head.host, trustedProxies)];
}
