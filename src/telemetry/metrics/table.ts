/** How a metric is kept, shown and summed over processes. */
export type Metric = {
  readonly kind: 'histogram' | 'counter' | 'gauge';
  /** UCUM, as OpenTelemetry has it. */
  readonly unit: 's' | 'By' | '1' | `{${string}}`;
  /** Names of its labels, in the order in which a point has their values. */
  readonly labels: readonly string[];
  /** What the points of several processes make together. */
  readonly merge: 'sum' | 'max';
  readonly description: string;
};

const CALL = ['banyan.type', 'banyan.side', 'http.request.method', 'http.response.status_code', 'error.type'] as const;

/**
 * Every metric there is. Names are OpenTelemetry's where it has one (semantic conventions 1.38), else they start with
 * `banyan.`. No label has a value that a request could choose. docs/observability.md has the same rows.
 */
export const METRICS = {
  'http.server.request.duration': {
    kind: 'histogram',
    unit: 's',
    labels: [...CALL, 'url.scheme'],
    merge: 'sum',
    description: 'Calls of clients, from the head of the request to the end of the answer.',
  },
  'http.server.active_requests': {
    kind: 'gauge',
    unit: '{request}',
    labels: ['http.request.method'],
    merge: 'sum',
    description: 'Calls of clients under way.',
  },
  'http.client.request.duration': {
    kind: 'histogram',
    unit: 's',
    labels: [...CALL, 'banyan.purpose'],
    merge: 'sum',
    description: 'Requests to upstreams: one for each time that a side was asked.',
  },
  'banyan.client.connections': {
    kind: 'gauge',
    unit: '{connection}',
    labels: [],
    merge: 'sum',
    description: 'Connections of clients that are open, WebSockets included.',
  },
  'banyan.client.websockets': {
    kind: 'gauge',
    unit: '{websocket}',
    labels: [],
    merge: 'sum',
    description: 'WebSockets that are open or being opened.',
  },
  'banyan.upstream.pending': {
    kind: 'gauge',
    unit: '{request}',
    labels: ['banyan.type', 'banyan.side', 'banyan.purpose'],
    merge: 'sum',
    description: 'Requests to an upstream that are under way or wait for a connection.',
  },
  'banyan.upstream.overloaded': {
    kind: 'counter',
    unit: '{request}',
    labels: ['banyan.type', 'banyan.side', 'banyan.purpose'],
    merge: 'sum',
    description: 'Requests that were not sent because upstreamQueueMax waited.',
  },
  'banyan.policy.stage': {
    kind: 'gauge',
    unit: '1',
    labels: ['banyan.type', 'banyan.stage'],
    merge: 'max',
    description: '1 for the stage of the type, 0 for the others.',
  },
  'banyan.policy.share': {
    kind: 'gauge',
    unit: '1',
    labels: ['banyan.type'],
    merge: 'max',
    description: 'Share of affinity keys, from 0 to 1, that V2 serves while the stage is ramp.',
  },
  'banyan.policy.rolled_back': {
    kind: 'gauge',
    unit: '1',
    labels: ['banyan.type'],
    merge: 'max',
    description: '1 while the type is rolled back.',
  },
  'banyan.shadow.eligible': {
    kind: 'counter',
    unit: '{call}',
    labels: ['banyan.type'],
    merge: 'sum',
    description: 'Calls that the candidate was to get a copy of.',
  },
  'banyan.shadow.settled': {
    kind: 'counter',
    unit: '{call}',
    labels: ['banyan.type', 'banyan.outcome'],
    merge: 'sum',
    description: 'What became of eligible calls: match, mismatch, not_comparable or dropped.',
  },
  'banyan.shadow.pending': {
    kind: 'gauge',
    unit: '{call}',
    labels: ['banyan.type'],
    merge: 'sum',
    description: 'Copies that wait or are under way.',
  },
  'banyan.shadow.staled_twins': {
    kind: 'counter',
    unit: '{entity}',
    labels: ['banyan.type'],
    merge: 'sum',
    description: 'Entities whose two sides were found to have parted.',
  },
  'banyan.shadow.twin_conflicts': {
    kind: 'counter',
    unit: '{entity}',
    labels: ['banyan.type'],
    merge: 'sum',
    description: 'Entities that could not be paired because an id of theirs was taken.',
  },
  'banyan.gateway.events': {
    kind: 'counter',
    unit: '{event}',
    labels: ['banyan.event'],
    merge: 'sum',
    description: 'Limits that were hit and things that should be rare, by the names in docs/admin-api.md.',
  },
  'banyan.store.events': {
    kind: 'counter',
    unit: '{event}',
    labels: ['banyan.event'],
    merge: 'sum',
    description: 'The store: commits, writes, failed_writes, refused_writes.',
  },
  'banyan.metrics.overflowed': {
    kind: 'counter',
    unit: '{request}',
    labels: ['banyan.metric'],
    merge: 'sum',
    description: 'Requests counted under otel_metric_overflow because the metric had as many series as it may.',
  },
  'banyan.spans': {
    kind: 'counter',
    unit: '{span}',
    labels: ['banyan.outcome'],
    merge: 'sum',
    description: 'Spans that were exported, failed to be, or were dropped because the queue was full.',
  },
  'process.cpu.time': {
    kind: 'counter',
    unit: 's',
    labels: ['cpu.mode'],
    merge: 'sum',
    description: 'CPU time that the process used.',
  },
  'process.memory.usage': {
    kind: 'gauge',
    unit: 'By',
    labels: [],
    merge: 'sum',
    description: 'Memory of the process that is resident.',
  },
  'process.uptime': {
    kind: 'gauge',
    unit: 's',
    labels: [],
    merge: 'max',
    description: 'How long the process has run.',
  },
  'v8js.memory.heap.used': {
    kind: 'gauge',
    unit: 'By',
    labels: [],
    merge: 'sum',
    description: 'Heap of V8 in use.',
  },
  'nodejs.eventloop.delay.p99': {
    kind: 'gauge',
    unit: 's',
    labels: [],
    merge: 'max',
    description: 'How late the event loop was, 99th percentile, since the scrape before.',
  },
  'nodejs.eventloop.utilization': {
    kind: 'gauge',
    unit: '1',
    labels: [],
    merge: 'max',
    description: 'Share of the time, from 0 to 1, that the event loop was busy since the scrape before.',
  },
} as const satisfies Record<string, Metric>;

export type MetricName = keyof typeof METRICS;
