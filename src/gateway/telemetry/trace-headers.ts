import type { RawHeaders } from '../../contract/calls.ts';
import { formatTraceparent, isTraceContext, type TraceContext } from '../../telemetry/trace/trace-context.ts';

/** With this trace context in place of any other; `null`: with none. */
export function withTraceContext(headers: RawHeaders, context: TraceContext | null): RawHeaders {
  const kept = headers.filter((_, index) => !isTraceContext((headers[index - (index % 2)] ?? '').toLowerCase()));
  if (context === null) return kept;
  const { traceId, parentId, sampled, tracestate } = context;
  kept.push('traceparent', formatTraceparent(traceId, parentId, sampled));
  if (tracestate !== null) kept.push('tracestate', tracestate);
  return kept;
}
