import type { FailureReason } from '../../contract/calls.ts';
import { ERRORS, type ErrorCode } from '../../contract/errors.ts';
import type { Side } from '../../contract/stages.ts';
import { SeriesTable } from './series-table.ts';
import type { MetricPoints } from './snapshot.ts';

/** How a request ended. Its type is one of the config's, or `''` where none claims it. */
export type EndedRequest = {
  readonly type: string;
  readonly side: Side | null;
  /** As it stood in the request; methods beyond the known ones count as `_OTHER`. */
  readonly method: string;
  /** 0: nobody answered. */
  readonly status: number;
  /** `null`: nothing failed. Statuses from 500 on are told by themselves. */
  readonly error: ErrorCode | FailureReason | null;
  readonly seconds: number;
};

export type EndedCall = EndedRequest & { readonly scheme: 'http' | 'https' };
export type EndedAttempt = EndedRequest & { readonly purpose: 'primary' | 'candidate' };

/** Series of one metric; what comes beyond them is counted together. */
export const SERIES_MAX = 1000;

/**
 * Counts calls and what they take, on the way of each one: two look-ups and an addition. What it holds is bounded
 * whatever is asked of the gateway.
 */
export class CallMetrics {
  readonly #calls: SeriesTable;
  readonly #attempts: SeriesTable;
  readonly #active = new Float64Array(METHODS.length);

  constructor(seriesMax = SERIES_MAX) {
    this.#calls = new SeriesTable(seriesMax, (key) => [...labelsOf(key), (key & 1) === 0 ? 'http' : 'https']);
    this.#attempts = new SeriesTable(seriesMax, (key) => [...labelsOf(key), (key & 1) === 0 ? 'primary' : 'candidate']);
  }

  began(method: string): void {
    this.#moveActive(method, 1);
  }

  ended(call: EndedCall): void {
    this.#moveActive(call.method, -1);
    this.#calls.record(call.type, keyOf(call) | (call.scheme === 'https' ? 1 : 0), call.seconds);
  }

  #moveActive(method: string, by: number): void {
    const index = methodIndex(method);
    this.#active[index] = (this.#active[index] ?? 0) + by;
  }

  attempted(attempt: EndedAttempt): void {
    this.#attempts.record(attempt.type, keyOf(attempt) | (attempt.purpose === 'candidate' ? 1 : 0), attempt.seconds);
  }

  /** Series that are held, over both metrics. */
  get series(): number {
    return this.#calls.size + this.#attempts.size;
  }

  points(): readonly MetricPoints[] {
    const active = METHODS.map((method, index) => ({ labels: [method], value: this.#active[index] ?? 0 }));
    return [
      { name: 'http.server.request.duration', points: this.#calls.points() },
      { name: 'http.server.active_requests', points: active },
      { name: 'http.client.request.duration', points: this.#attempts.points() },
      {
        name: 'banyan.metrics.overflowed',
        points: [
          { labels: ['http.server.request.duration'], value: this.#calls.overflowed },
          { labels: ['http.client.request.duration'], value: this.#attempts.overflowed },
        ],
      },
    ];
  }
}

// A series' key is a small integer: method, side, status and error beside each other, one bit left for the caller.

const SIDES = ['none', 'legacy', 'v2'] as const;

/** Those that OpenTelemetry knows (RFC 9110, PATCH), and QUERY. */
const METHODS = [
  '_OTHER',
  ...(['CONNECT', 'DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT', 'QUERY', 'TRACE'] as const),
];
const METHOD_INDEX: ReadonlyMap<string, number> = new Map(METHODS.map((method, index) => [method, index]));

const FAILURES = Object.keys({
  refused: null,
  unavailable: null,
  connect_timeout: null,
  answer_timeout: null,
  reset: null,
  truncated: null,
  malformed: null,
  overloaded: null,
  aborted: null,
} satisfies Record<FailureReason, null>);

/** The first is none, the second the status itself. */
const ERROR_TYPES = ['', 'status', ...FAILURES, ...Object.keys(ERRORS)];
const ERROR_INDEX: ReadonlyMap<string, number> = new Map(ERROR_TYPES.map((error, index) => [error, index]));
const STATUS_ITSELF = 1;

const [SIDE_SHIFT, METHOD_SHIFT, STATUS_SHIFT, ERROR_SHIFT] = [1, 3, 7, 17] as const;

function keyOf({ side, method, status, error }: EndedRequest): number {
  const sideIndex = side === null ? 0 : side === 'legacy' ? 1 : 2;
  return (
    (sideIndex << SIDE_SHIFT) |
    (methodIndex(method) << METHOD_SHIFT) |
    ((status & 0x3ff) << STATUS_SHIFT) |
    (errorIndex(error, status) << ERROR_SHIFT)
  );
}

function methodIndex(method: string): number {
  return METHOD_INDEX.get(method) ?? 0;
}

function errorIndex(error: EndedRequest['error'], status: number): number {
  if (error === null) return status >= 500 ? STATUS_ITSELF : 0;
  return ERROR_INDEX.get(error) ?? 0;
}

/** The values of a key's labels, in the order of the table, behind the type. */
function labelsOf(key: number): readonly string[] {
  const status = (key >> STATUS_SHIFT) & 0x3ff;
  const error = key >> ERROR_SHIFT;
  return [
    SIDES[(key >> SIDE_SHIFT) & 0x3] ?? '',
    METHODS[(key >> METHOD_SHIFT) & 0xf] ?? '',
    status === 0 ? '' : String(status),
    error === STATUS_ITSELF ? String(status) : (ERROR_TYPES[error] ?? ''),
  ];
}
