/** What the gateway counts besides its calls: limits that were hit and things that should be rare. */
export const COUNTERS = {
  refused_requests: 'requests whose head was refused for another reason than its target: framing, Host, limits, method',
  refused_targets: 'request targets that were not in origin-form or could be read in two ways',
  unmatched: 'requests that no type claims',
  bodies_too_large:
    'bodies longer than requestBodyBytesMax, or than requestBodyPeekBytesMax where an id stands in them',
  client_aborts: 'calls whose client left before its answer was complete',
  answers_let_go:
    'answers longer than captureBytesMax that could not be held until their ids were recorded or translated',
  answers_not_held:
    'answers passed on as they came, with no id recorded or translated: events, compressed ones, no text and no length',
  stale_connection_retries: 'reads asked again because the connection had gone stale',
  fallbacks_to_legacy: 'calls that legacy answered because V2 did not',
  calls_failed_over: 'calls sent to another instance of their side, because the first took no connection',
  upstreams_unavailable: 'calls that no instance of a side of several took a connection for',
  instances_ejected: 'instances that got no calls for a while, because they had failed too often in a row',
  ejections_withheld: 'instances that failed as often, and stay because as many are left alone as may be',
  owners_not_durable: 'new entities whose owner could not be made durable, so that their ids were withheld',
  store_write_failures: 'writes of the store, behind an answer, that failed',
  telemetry_defects:
    'calls that could not be logged or traced, and counts that a worker could not tell, because of an error of the gateway itself',
  debug_tokens_refused: 'calls with a debug token that was not signed here, has expired, or is for another type',
  mirror_defects: 'copies that ended in an error of the gateway itself',
  malformed_requests: 'connections that did not speak HTTP',
  malformed_upgrades: 'requests for a WebSocket whose handshake the protocol does not allow',
  upgrades_opened: 'WebSockets that were opened',
  upgrades_over_limit: 'WebSockets refused because upgradesMax were open',
  upgrades_idle: 'WebSockets closed because nothing had passed for upgradeIdleMs',
  upgrades_sent_away: 'WebSockets closed because the gateway stopped and drainMs had passed',
  request_timeouts: 'requests that were not whole within requestHeadMs or requestMs',
  answers_unread: 'connections closed because their client had not read the end of its answer in its time',
  workers_died: 'workers that ended without being told to, and were replaced',
  workers_late: 'workers that hung, or did not take a policy or a config in time, and were replaced',
  tls_handshakes_failed:
    'connections to a data port with TLS that came to no TLS: other protocols, versions, certificates',
  stream_resets_over_limit:
    'connections of HTTP/2 that were closed because their client reset streams faster than allowed',
  connections_lost:
    'connections that did not reach the worker they were handed to: given to another the first time, closed the second',
  connections_dropped:
    'connections of clients that were closed unread, beyond clientConnectionsMax, or while no worker served',
} as const;

export type CounterName = keyof typeof COUNTERS;

export class Counters {
  readonly #values: Record<CounterName, number>;

  constructor() {
    this.#values = Object.fromEntries(Object.keys(COUNTERS).map((name) => [name, 0])) as Record<CounterName, number>;
  }

  add(name: CounterName): void {
    this.#values[name] += 1;
  }

  /** Adds what another process counted. */
  absorb(counted: Readonly<Partial<Record<CounterName, number>>>): void {
    for (const name of Object.keys(this.#values) as CounterName[]) this.#values[name] += counted[name] ?? 0;
  }

  snapshot(): Readonly<Record<CounterName, number>> {
    return { ...this.#values };
  }
}
