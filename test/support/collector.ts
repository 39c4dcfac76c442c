import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { OtlpConfig } from '../../src/contract/telemetry.ts';

/** A span as it arrived, its attributes as a plain object. */
export type ReceivedSpan = {
  readonly name: string;
  /** 2: SERVER, 3: CLIENT. */
  readonly kind: number;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string | undefined;
  readonly traceState: string | undefined;
  readonly links: readonly { readonly traceId: string; readonly spanId: string }[];
  /** 2: error. */
  readonly status: number | undefined;
  readonly attributes: Readonly<Record<string, string | number>>;
};

export type Collector = {
  readonly config: OtlpConfig;
  /** Everything that it was sent, as it came. */
  readonly bodies: readonly string[];
  readonly headers: readonly (string | string[] | undefined)[];
  readonly spans: () => readonly ReceivedSpan[];
  /** Whether it takes batches from now on; those that it does not take get 400. */
  takes: (takes: boolean) => void;
  readonly close: () => Promise<void>;
};

/** What takes spans in OTLP over HTTP, on a free port. */
export async function startCollector(over: Partial<OtlpConfig> = {}): Promise<Collector> {
  const bodies: string[] = [];
  const headers: (string | string[] | undefined)[] = [];
  let taking = true;
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      headers.push(request.headers['x-collector-key']);
      if (taking && request.url === '/v1/traces') bodies.push(Buffer.concat(chunks).toString());
      response.writeHead(taking ? 200 : 400, { 'content-type': 'application/json' }).end('{}');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/traces`;
  return {
    config: { endpoint, headers: { 'x-collector-key': 'key' }, serviceName: 'gateway', sampleRatio: 1, ...over },
    bodies,
    headers,
    spans: () => bodies.flatMap(spansIn),
    takes: (takes) => {
      taking = takes;
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

type Wire = {
  readonly resourceSpans: readonly { readonly scopeSpans: readonly { readonly spans: readonly WireSpan[] }[] }[];
};
type WireSpan = {
  readonly name: string;
  readonly kind: number;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly traceState?: string;
  readonly links?: ReceivedSpan['links'];
  readonly status?: { readonly code?: number };
  readonly attributes: readonly {
    readonly key: string;
    readonly value: { readonly stringValue?: string; readonly intValue?: number; readonly doubleValue?: number };
  }[];
};

function spansIn(body: string): readonly ReceivedSpan[] {
  const { resourceSpans } = JSON.parse(body) as Wire;
  return resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans.map(receivedSpan)));
}

function receivedSpan(span: WireSpan): ReceivedSpan {
  const { name, kind, traceId, spanId, parentSpanId, traceState, links = [], status, attributes } = span;
  return {
    name,
    kind,
    traceId,
    spanId,
    parentSpanId,
    traceState,
    links: links.map((link) => ({ traceId: link.traceId, spanId: link.spanId })),
    status: status?.code,
    attributes: Object.fromEntries(
      attributes.map(({ key, value }) => [key, value.stringValue ?? Number(value.intValue ?? value.doubleValue)]),
    ),
  };
}
