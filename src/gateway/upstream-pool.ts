import type { Limits, Timeouts } from '../contract/limits.ts';
import type { Exchange } from './exchange.ts';
import type { LegRequest } from './leg-request.ts';
import { UpstreamConnection } from './upstream-connection.ts';

type Waiting = { readonly request: LegRequest; readonly exchange: Exchange; readonly timer: NodeJS.Timeout };

/** How often idle connections are looked through for those that the upstream may close. */
const SWEEP_MS = 1000;

/**
 * The connections to one address. Each carries one call at a time: a stalled answer must not hold up a stranger's.
 * The one used last is used next, so that spare ones grow old and close. A call that finds none free waits its turn.
 */
export class UpstreamPool {
  readonly #base: URL;
  readonly #limits: Limits;
  readonly #timeouts: Timeouts;
  readonly #all = new Set<UpstreamConnection>();
  readonly #idle: UpstreamConnection[] = [];
  readonly #waiting = new Set<Waiting>();
  #sweeping: NodeJS.Timeout | null = null;
  /** Called when a pool that takes nothing new has ended its last connection. */
  #ended: (() => void) | null = null;

  constructor(base: URL, limits: Limits, timeouts: Timeouts) {
    this.#base = base;
    this.#limits = limits;
    this.#timeouts = timeouts;
  }

  /** Calls under way or waiting. */
  get pending(): number {
    return this.#all.size - this.#idle.length + this.#waiting.size;
  }

  /** Gives false when every connection is busy and the queue is full. */
  send(request: LegRequest, exchange: Exchange): boolean {
    const connection = this.#fresh() ?? this.#another();
    if (connection !== null) connection.send(request, exchange);
    else if (this.#waiting.size < this.#limits.upstreamQueueMax) this.#enqueue(request, exchange);
    else return false;
    return true;
  }

  /** The one used last that the upstream can be expected to keep. */
  #fresh(): UpstreamConnection | null {
    if (this.#idle.length === 0) return null;
    const nowMs = performance.now();
    for (;;) {
      const connection = this.#idle.pop();
      if (connection === undefined) return null;
      if (connection.isFresh(nowMs)) return connection;
      connection.destroy();
    }
  }

  #another(): UpstreamConnection | null {
    if (this.#all.size >= this.#limits.upstreamConnectionsMax) return null;
    const options = { timeouts: this.#timeouts, headerBytesMax: this.#limits.headerBytesMax };
    const connection = new UpstreamConnection(this.#base, options, this);
    this.#all.add(connection);
    return connection;
  }

  #enqueue(request: LegRequest, exchange: Exchange): void {
    const { connectMs } = this.#timeouts;
    const timer = setTimeout(
      () => exchange.refused('overloaded', `no connection to this side came free within ${connectMs} ms`),
      connectMs,
    );
    const waiting: Waiting = { request, exchange, timer };
    this.#waiting.add(waiting);
    exchange.onLeftQueue(() => this.#leave(waiting));
  }

  #leave(waiting: Waiting): void {
    this.#waiting.delete(waiting);
    clearTimeout(waiting.timer);
    waiting.exchange.onLeftQueue(null);
  }

  #next(): Waiting | null {
    const [first = null] = this.#waiting;
    if (first !== null) this.#leave(first);
    return first;
  }

  // ── what its connections tell ──

  released(connection: UpstreamConnection): void {
    const next = this.#next();
    if (next !== null) connection.send(next.request, next.exchange);
    else if (this.#ended !== null) connection.destroy();
    else {
      this.#idle.push(connection);
      this.#sweeping ??= setInterval(() => this.#sweep(), SWEEP_MS).unref();
    }
  }

  closed(connection: UpstreamConnection): void {
    this.#all.delete(connection);
    const index = this.#idle.indexOf(connection);
    if (index !== -1) this.#idle.splice(index, 1);
    if (this.#all.size === 0) this.#ended?.();
    if (this.#waiting.size === 0) return;
    const another = this.#another();
    const next = another === null ? null : this.#next();
    if (next !== null) another?.send(next.request, next.exchange);
  }

  #sweep(): void {
    const nowMs = performance.now();
    for (const connection of [...this.#idle]) if (!connection.isFresh(nowMs)) connection.destroy();
    if (this.#idle.length === 0) this.#stopSweeping();
  }

  #stopSweeping(): void {
    if (this.#sweeping !== null) clearInterval(this.#sweeping);
    this.#sweeping = null;
  }

  /** Takes nothing new; what is under way or waiting ends as it would have. Calls back when it has. */
  close(ended: () => void): void {
    this.#ended = ended;
    this.#stopSweeping();
    for (const connection of [...this.#idle]) connection.destroy();
    if (this.#all.size === 0) ended();
  }

  /** Ends every connection, finished or not. */
  destroy(): void {
    this.#ended ??= () => undefined;
    this.#stopSweeping();
    for (const { exchange } of this.#waiting) exchange.refused('aborted', 'the connections to this side were closed');
    for (const connection of [...this.#all]) connection.destroy();
  }
}
