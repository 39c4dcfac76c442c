import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { Limits, Timeouts } from '../contract/limits.ts';
import { type DataListen, listenUrl } from '../contract/listen.ts';
import type { DataTls } from '../contract/tls.ts';
import type { Arrival } from './arrival.ts';
import type { Counters } from './counters.ts';
import type { Peer } from './forwarding.ts';
import { type ConnectionOwner, Http1Connection, type UpgradeArrival } from './http1/http1-connection.ts';
import { KEEP_ALIVE_MS } from './http1/socket-answer.ts';
import { Http2Connection } from './http2/http2-connection.ts';
import { SecureServer } from './secure-server.ts';
import { giveMode, makeWay } from './unix-socket.ts';
import type { Tunnels } from './websocket/tunnels.ts';

export type DataPortOptions = {
  /** `null`: in the clear. */
  readonly tls: DataTls | null;
  readonly limits: Limits;
  readonly timeouts: Timeouts;
  readonly counters: Counters;
  readonly serve: (arrival: Arrival) => void;
  readonly upgrade: (arrival: UpgradeArrival) => void;
};

/** The port on which callers are answered: the connections of clients, from the first to the last. */
export class DataPort implements ConnectionOwner {
  readonly timeouts: Timeouts;
  readonly headBytesMax: number;
  readonly counters: Counters;
  readonly serve: (arrival: Arrival) => void;
  readonly upgrade: (arrival: UpgradeArrival) => void;
  stage: ConnectionOwner['stage'] = 'open';
  readonly #options: DataPortOptions;
  readonly #server: Server;
  /** `null`: in the clear. */
  readonly #secure: SecureServer | null;
  readonly #connections = new Set<Http1Connection>();
  readonly #http2Connections = new Map<Socket, Http2Connection>();
  #checking: NodeJS.Timeout | null = null;
  /** Connections that another process has accepted, whatever was made of them. */
  readonly #adopted = new Set<Socket>();
  #whenEmpty: (() => void) | null = null;

  constructor(options: DataPortOptions) {
    const { limits, timeouts, counters, serve, upgrade } = options;
    this.#options = options;
    this.timeouts = timeouts;
    // Longer than what is taken, so that a target that is too long can be told from headers that are.
    this.headBytesMax = 2 * (limits.headerBytesMax + limits.targetBytesMax);
    this.counters = counters;
    this.serve = serve;
    this.upgrade = upgrade;
    this.#secure = options.tls === null ? null : this.#secureServer(options.tls);
    this.#server = this.#secure?.server ?? this.#plainServer();
    this.#server.maxConnections = limits.clientConnectionsMax;
    this.#server.on('drop', () => counters.add('connections_dropped'));
  }

  #plainServer(): Server {
    // What is on its way through a WebSocket must not be lost when its client has ended its half.
    return createServer({ allowHalfOpen: true, noDelay: true }, (socket) => this.#connected(socket, 'http'));
  }

  #secureServer(tls: DataTls): SecureServer {
    const { counters, limits, timeouts } = this.#options;
    return new SecureServer({
      tls,
      offersHttp2: limits.streamsMax > 0,
      handshakeMs: timeouts.requestHeadMs,
      counters,
      onHttp1: (socket) => this.#connected(socket, 'https'),
      onHttp2: (socket) => this.#connectedByHttp2(socket),
    });
  }

  /** Port 0: any free one. Resolves with the base URL. */
  async listen(listen: DataListen): Promise<string> {
    const scheme = this.#secure === null ? 'http' : 'https';
    if ('unix' in listen) {
      await makeWay(listen.unix);
      await this.#listenAt({ path: listen.unix });
      giveMode(listen.unix, listen.mode);
      return listenUrl(listen, scheme);
    }
    await this.#listenAt(listen);
    return listenUrl({ ...listen, port: (this.#server.address() as AddressInfo).port }, scheme);
  }

  async #listenAt(
    options: { readonly path: string } | { readonly host: string; readonly port: number },
  ): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen({ ...options }, () => {
        this.#server.off('error', reject);
        resolve();
      });
    });
    this.#keepTime();
  }

  /** One timer for all connections: a call costs none. */
  #keepTime(): void {
    this.#checking ??= setInterval(() => this.#check(), checkEveryMs(this.timeouts)).unref();
  }

  #check(): void {
    const nowMs = performance.now();
    for (const connection of this.#connections) connection.check(nowMs);
  }

  /** New connections are shown other certificates. */
  renewCertificates(tls: DataTls): void {
    this.#secure?.renew(tls);
  }

  /** Takes a connection that another process has accepted; of its bytes none was read. */
  adopt(socket: Socket): void {
    this.#keepTime();
    // As Node has it for connections that a server accepts itself: one with TLS knows no half-open ones.
    socket.setNoDelay(true);
    socket.allowHalfOpen = this.#secure === null;
    this.#adopted.add(socket);
    socket.once('close', () => this.#left(socket));
    this.#server.emit('connection', socket);
    // TLS reads it by itself.
    if (this.#secure === null) socket.resume();
  }

  #left(socket: Socket): void {
    this.#adopted.delete(socket);
    if (this.#adopted.size === 0) this.#whenEmpty?.();
  }

  /** Open connections of clients. */
  get connections(): number {
    return this.#connections.size + this.#http2Connections.size;
  }

  /** Resolves when no connection is left that was adopted; one waits at a time. */
  async empty(): Promise<void> {
    if (this.#adopted.size === 0) return;
    await new Promise<void>((resolve) => {
      this.#whenEmpty = resolve;
    });
  }

  /** Every answer whose head is not written yet says `Connection: close` from now on, and closes its connection. */
  lastAnswers(): void {
    if (this.stage === 'open') this.stage = 'last answers';
    for (const connection of this.#http2Connections.values()) connection.close();
  }

  /**
   * Takes no new connection, ends the idle ones, and resolves when the others have ended: each after its answer,
   * or all at once after `cutAfterMs`; open WebSockets are sent away then, and end by themselves. Gives how many
   * were cut.
   */
  async close(cutAfterMs: number, tunnels: Pick<Tunnels, 'goAway' | 'carries'>): Promise<number> {
    this.lastAnswers();
    this.stage = 'closing';
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const connection of this.#connections) connection.endIfIdle();
    this.#secure?.endHandshakes();
    let cut = 0;
    const timer = setTimeout(() => {
      tunnels.goAway('the gateway is stopping');
      const left = [...this.#connections].filter(({ socket }) => !tunnels.carries(socket));
      cut = left.length + this.#http2Connections.size;
      for (const { socket } of left) socket.destroy();
      for (const connection of this.#http2Connections.values()) connection.cut();
    }, cutAfterMs);
    await closed;
    // Node does not wait for connections that it has not accepted.
    await this.empty();
    clearTimeout(timer);
    if (this.#checking !== null) clearInterval(this.#checking);
    return cut;
  }

  #connected(socket: Socket, scheme: Peer['scheme']): void {
    const peer: Peer = { address: socket.remoteAddress ?? null, scheme };
    this.#connections.add(new Http1Connection(socket, peer, this));
  }

  closed(connection: Http1Connection): void {
    this.#connections.delete(connection);
  }

  #connectedByHttp2(socket: TLSSocket): void {
    const peer: Peer = { address: socket.remoteAddress ?? null, scheme: 'https' };
    const connection = new Http2Connection(socket, peer, { ...this.#options, keepAliveMs: KEEP_ALIVE_MS });
    this.#http2Connections.set(socket, connection);
    socket.on('close', () => this.#http2Connections.delete(socket));
  }
}

function checkEveryMs({ requestHeadMs, requestMs }: Timeouts): number {
  return Math.max(10, Math.min(1000, requestHeadMs / 10, requestMs / 10));
}
