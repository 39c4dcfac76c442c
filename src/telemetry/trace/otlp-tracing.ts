import {
  type Attributes,
  type Context,
  createTraceState,
  ROOT_CONTEXT,
  type Span,
  type SpanContext,
  SpanKind,
  type SpanOptions,
  SpanStatusCode,
  TraceFlags,
  type Tracer,
  trace,
} from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  BatchSpanProcessor,
  ParentBasedSampler,
  type Sampler,
  SamplingDecision,
  type SamplingResult,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import type { OtlpConfig } from '../../contract/telemetry.ts';
import { BoundedExport, QUEUE_MAX } from './bounded-export.ts';
import type { TraceContext } from './trace-context.ts';
import type { EndedSpan, OpenSpan, SpanCounts, Tracing } from './tracing.ts';

/** How long spans wait for others to be sent with. */
const BATCH_MS = 1000;
/** One batch, retries included. Node ends a process when no timer is left, so a stop waits no longer for either. */
const EXPORT_MS = 3000;
const CLOSE_MS = 3000;
/** A stop sends all batches at once, besides the one that is under way. */
const EXPORTS_MAX = 10;
const VALUE_CHARS_MAX = 1024;

/** Spans by OpenTelemetry, sent to a collector (OTLP over HTTP, JSON). */
export class OtlpTracing implements Tracing {
  readonly #provider: TracerProvider;
  readonly #tracer: Tracer;
  readonly #export: BoundedExport;
  readonly #closeMs: number;

  constructor(
    { endpoint, headers, serviceName, sampleRatio }: OtlpConfig,
    options: { readonly onError: (error: unknown) => void; readonly batchMs?: number; readonly closeMs?: number },
  ) {
    const exporter = new OTLPTraceExporter({
      url: endpoint,
      headers: { ...headers },
      timeoutMillis: EXPORT_MS,
      concurrencyLimit: EXPORTS_MAX,
    });
    this.#export = new BoundedExport(exporter, options.onError);
    const batches = new BatchSpanProcessor({
      exporter: this.#export.exporter,
      maxQueueSize: QUEUE_MAX,
      scheduledDelayMillis: options.batchMs ?? BATCH_MS,
      exportTimeoutMillis: EXPORT_MS * 2,
    });
    this.#closeMs = options.closeMs ?? CLOSE_MS;
    this.#provider = new TracerProvider({
      resource: resourceFromAttributes({ 'service.name': serviceName }),
      sampler: new FollowsCall(new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(sampleRatio) })),
      spanLimits: { attributeValueLengthLimit: VALUE_CHARS_MAX, attributeCountLimit: 64, linkCountLimit: 4 },
      spanProcessors: [this.#export.inFrontOf(batches)],
    });
    this.#tracer = this.#provider.getTracer('banyan');
  }

  call(client: TraceContext | null, method: string): OpenSpan {
    const parent = client === null ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, spanContext(client, true));
    return this.#begin(method, { kind: SpanKind.SERVER }, parent, client?.tracestate ?? null);
  }

  attempt({ context }: OpenSpan, method: string): OpenSpan {
    const parent = trace.setSpanContext(ROOT_CONTEXT, spanContext(context, false));
    return this.#begin(method, { kind: SpanKind.CLIENT }, parent, context.tracestate);
  }

  copy(call: TraceContext, method: string): OpenSpan {
    const links = [{ context: spanContext(call, true) }];
    return this.#begin(method, { kind: SpanKind.CLIENT, links }, ROOT_CONTEXT, null);
  }

  #begin(name: string, options: SpanOptions, parent: Context, tracestate: string | null): OpenSpan {
    const span = this.#tracer.startSpan(name, options, parent);
    return {
      context: contextOf(span, tracestate),
      end: (ended) => end(span, ended),
    };
  }

  counts(): SpanCounts {
    return this.#export.counts();
  }

  /** A collector that is down must not hold up a stop. */
  async close(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, this.#closeMs);
    });
    await Promise.race([this.#provider.shutdown().catch(() => undefined), late]); // failures were counted and told
    clearTimeout(timer);
  }
}

/** A span that is linked to a call is sampled as the call is; all others as their parent, or by chance. */
class FollowsCall implements Sampler {
  readonly #others: Sampler;

  constructor(others: Sampler) {
    this.#others = others;
  }

  shouldSample(
    ...[context, traceId, name, kind, attributes, links]: Parameters<Sampler['shouldSample']>
  ): SamplingResult {
    const [call] = links;
    if (call === undefined) return this.#others.shouldSample(context, traceId, name, kind, attributes, links);
    const sampled = (call.context.traceFlags & TraceFlags.SAMPLED) !== 0;
    return { decision: sampled ? SamplingDecision.RECORD_AND_SAMPLED : SamplingDecision.NOT_RECORD };
  }

  toString(): string {
    return `FollowsCall{${this.#others}}`;
  }
}

function spanContext({ traceId, parentId, sampled, tracestate }: TraceContext, isRemote: boolean): SpanContext {
  return {
    traceId,
    spanId: parentId,
    traceFlags: sampled ? TraceFlags.SAMPLED : TraceFlags.NONE,
    isRemote,
    ...(tracestate === null ? {} : { traceState: createTraceState(tracestate) }),
  };
}

function contextOf(span: Span, tracestate: string | null): TraceContext {
  const { traceId, spanId, traceFlags } = span.spanContext();
  return { traceId, parentId: spanId, sampled: (traceFlags & TraceFlags.SAMPLED) !== 0, tracestate };
}

function end(span: Span, ended: () => EndedSpan): void {
  if (span.isRecording()) {
    const { name, attributes, error } = ended();
    const said = Object.entries(attributes).filter(([, value]) => value !== null);
    span.updateName(name).setAttributes(Object.fromEntries(said) as Attributes);
    if (error !== null) span.setAttribute('error.type', error).setStatus({ code: SpanStatusCode.ERROR });
  }
  span.end();
}
