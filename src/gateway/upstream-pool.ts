import { isIP } from 'node:net';
import { buildConnector, Client, type Dispatcher } from 'undici';
import type { Limits, Timeouts } from '../contract/limits.ts';
import type { Exchange } from './exchange.ts';
import type { LegRequest } from './leg-request.ts';

/** One connection at a time, opened when needed; `calls`: how many the present one has carried. */
type Connection = { readonly client: Client; calls: number };

type Waiting = { readonly request: LegRequest; readonly exchange: Exchange; readonly timer: NodeJS.Timeout };

/**
 * The connections to one address. Each carries one call at a time: a stalled answer must not hold up a stranger's.
 * The one used last is used next, so that spare ones grow old and close. A call that finds none free waits its turn.
 */
export class UpstreamPool {
  readonly #base: URL;
  readonly #options: Client.Options;
  readonly #connectionsMax: number;
  readonly #queueMax: number;
  readonly #queueMs: number;
  readonly #all: Connection[] = [];
  readonly #idle: Connection[] = [];
  readonly #waiting = new Set<Waiting>();
  /** Called when a pool that takes nothing new has ended its last connection. */
  #ended: (() => void) | null = null;
  #open = 0;

  constructor(base: URL, limits: Limits, timeouts: Timeouts) {
    this.#base = base;
    this.#connectionsMax = limits.upstreamConnectionsMax;
    this.#queueMax = limits.upstreamQueueMax;
    this.#queueMs = timeouts.connectMs;
    this.#options = {
      pipelining: 1,
      allowH2: false,
      connect: connectorTo(base, timeouts.connectMs),
      maxHeaderSize: limits.headerBytesMax,
      // Exchange keeps the time itself: undici's timers are up to a second late.
      headersTimeout: 0,
      bodyTimeout: 0,
    };
  }

  /** Calls under way or waiting. */
  get pending(): number {
    return this.#all.length - this.#idle.length + this.#waiting.size;
  }

  /** Gives false when every connection is busy and the queue is full. */
  send(request: LegRequest, exchange: Exchange): boolean {
    const connection = this.#idle.pop() ?? this.#another();
    if (connection !== null) this.#dispatch(connection, request, exchange);
    else if (this.#waiting.size < this.#queueMax) this.#enqueue(request, exchange);
    else return false;
    return true;
  }

  #another(): Connection | null {
    if (this.#all.length >= this.#connectionsMax) return null;
    const connection: Connection = { client: new Client(this.#base.origin, this.#options), calls: 0 };
    connection.client.on('connect', () => {
      connection.calls = 0;
    });
    this.#all.push(connection);
    this.#open += 1;
    return connection;
  }

  #enqueue(request: LegRequest, exchange: Exchange): void {
    const timer = setTimeout(
      () => exchange.refused('overloaded', `no connection to this side came free within ${this.#queueMs} ms`),
      this.#queueMs,
    );
    const waiting: Waiting = { request, exchange, timer };
    this.#waiting.add(waiting);
    exchange.onLeftQueue(() => this.#leave(waiting));
  }

  #leave(waiting: Waiting): void {
    this.#waiting.delete(waiting);
    clearTimeout(waiting.timer);
  }

  #dispatch(connection: Connection, { method, target, headers, body }: LegRequest, exchange: Exchange): void {
    exchange.connection = connection;
    exchange.onReleased(() => this.#release(connection));
    try {
      connection.client.dispatch(
        {
          method,
          path: target,
          headers: headers as string[],
          body: body as Buffer | null,
          servername: this.#base.hostname,
        } as Dispatcher.DispatchOptions,
        exchange,
      );
    } catch (error) {
      // undici throws on what it will not put on a wire, such as a header value with a control character.
      exchange.broken(error as Error);
    }
  }

  #release(connection: Connection): void {
    const next = this.#next();
    if (next !== null) this.#dispatch(connection, next.request, next.exchange);
    else if (this.#ended !== null) this.#end(connection);
    else this.#idle.push(connection);
  }

  #next(): Waiting | null {
    const [first = null] = this.#waiting;
    if (first !== null) this.#leave(first);
    return first;
  }

  /** Takes nothing new; what is under way or waiting ends as it would have. Calls back when it has. */
  close(ended: () => void): void {
    this.#ended = ended;
    for (const connection of this.#idle.splice(0)) this.#end(connection);
    if (this.#open === 0) ended();
  }

  #end({ client }: Connection): void {
    const ended = () => {
      this.#open -= 1;
      if (this.#open === 0) this.#ended?.();
    };
    client.close().then(ended, ended); // only "already closed" can be said here
  }

  /** Ends every connection, finished or not. */
  async destroy(): Promise<void> {
    this.#ended ??= () => undefined;
    for (const { exchange } of this.#waiting) exchange.refused('aborted', 'the connections to this side were closed');
    await Promise.all(this.#all.map(({ client }) => client.destroy()));
  }
}

/** Asks for the certificate of the config's address; undici would go by the Host that the client wrote. */
function connectorTo({ hostname }: URL, timeoutMs: number): buildConnector.connector {
  const connect = buildConnector({ timeout: timeoutMs, allowH2: false });
  const servername = isIP(hostname.replace(/^\[|\]$/g, '')) === 0 ? hostname : undefined;
  return (options, callback) => connect({ ...options, servername } as buildConnector.Options, callback);
}
