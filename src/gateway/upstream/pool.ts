import { type ConnectionOptions, UpstreamConnection } from './connection.ts';
import type { Connector } from './connector.ts';
import type { Exchange } from './exchange.ts';
import type { LegRequest } from './leg-request.ts';
import type { Seats } from './seats.ts';

export type PoolOptions = ConnectionOptions & {
  readonly connector: Connector;
  /** How many connections there may be, together with those of the side's other instances. */
  readonly seats: Seats;
  /** Hears of a connection, or of room for one, that a waiting call could use. */
  readonly onFree: () => void;
};

/** How often idle connections are looked through for those that the upstream may close. */
const SWEEP_MS = 1000;

/**
 * The connections to one address. Each carries one call at a time: a stalled answer must not hold up a stranger's.
 * The one used last is used next, so that spare ones grow old and close.
 */
export class UpstreamPool {
  readonly #options: PoolOptions;
  readonly #all = new Set<UpstreamConnection>();
  readonly #idle: UpstreamConnection[] = [];
  #sweeping: NodeJS.Timeout | null = null;
  /** Called when a pool that takes nothing new has ended its last connection. */
  #ended: (() => void) | null = null;

  constructor(options: PoolOptions) {
    this.#options = options;
    options.seats.add(this);
  }

  /** Connections with a call. */
  get busy(): number {
    return this.#all.size - this.#idle.length;
  }

  /** Gives false when no connection is free. */
  send(request: LegRequest, exchange: Exchange): boolean {
    const connection = (request.onNewConnection === true ? null : this.#usable()) ?? this.#another();
    if (connection === null) return false;
    connection.send(request, exchange);
    return true;
  }

  /** The one used last that the upstream can be expected to keep. */
  #usable(): UpstreamConnection | null {
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
    const { connector, seats } = this.#options;
    if (!seats.take()) return null;
    const connection = new UpstreamConnection(connector, this.#options, this);
    this.#all.add(connection);
    return connection;
  }

  /** Ends the connection that was not used for longest; its seat is whoever's asked for it. */
  giveUpIdle(): boolean {
    const connection = this.#idle.shift();
    if (connection === undefined) return false;
    this.#all.delete(connection);
    connection.destroy();
    return true;
  }

  // ── what its connections tell ──

  released(connection: UpstreamConnection): void {
    this.#idle.push(connection);
    this.#options.onFree();
    if (this.#ended !== null) this.#destroyIdle();
    else this.#sweeping ??= setInterval(() => this.#sweep(), SWEEP_MS).unref();
  }

  closed(connection: UpstreamConnection): void {
    // One that was given up has no seat any more.
    if (!this.#all.delete(connection)) return;
    const index = this.#idle.indexOf(connection);
    if (index !== -1) this.#idle.splice(index, 1);
    this.#options.seats.leave();
    if (this.#all.size === 0) this.#ended?.();
    this.#options.onFree();
  }

  /** The one used last had gone, so those that have waited for longer are likely to have gone too. */
  wentStale(): void {
    this.#destroyIdle();
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

  #destroyIdle(): void {
    for (const connection of [...this.#idle]) connection.destroy();
  }

  /** Takes nothing new; what is under way ends as it would have. Calls back when it has. */
  close(ended: () => void): void {
    this.#ended = ended;
    this.#stopSweeping();
    if (this.#all.size === 0) ended();
    this.#destroyIdle();
  }

  /** Ends every connection, finished or not. */
  destroy(): void {
    this.#ended ??= () => undefined;
    this.#stopSweeping();
    for (const connection of [...this.#all]) connection.destroy();
  }
}
