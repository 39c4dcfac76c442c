import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { BanyanError, type ErrorCode } from '../contract/errors.ts';
import type { Limits, Timeouts } from '../contract/limits.ts';
import { type DataListen, listenUrl } from '../contract/listen.ts';
import type { DataTls } from '../contract/tls.ts';
import type { Arrival } from './arrival.ts';
import { ClientConnection } from './client-connection.ts';
import type { Counters } from './counters.ts';
import { withoutOffer } from './decline-upgrade.ts';
import type { Peer } from './forwarding.ts';
import { Http2Connection } from './http2/http2-connection.ts';
import { rawAnswer } from './own-answer.ts';
import { SecureServer } from './secure-server.ts';
import { giveMode, makeWay } from './unix-socket.ts';
import { asksForWebSocket } from './websocket/handshake.ts';
import type { Tunnels } from './websocket/tunnels.ts';

/** A handshake on its way through the gateway; the socket is nobody else's any more. */
export type UpgradeArrival = {
  readonly request: IncomingMessage;
  readonly socket: Socket;
  /** What came in the same packet. */
  readonly first: Buffer;
  readonly peer: Peer;
};

export type DataPortOptions = {
  /** `null`: in the clear. */
  readonly tls: DataTls | null;
  readonly limits: Limits;
  readonly timeouts: Timeouts;
  readonly counters: Counters;
  readonly serve: (arrival: Arrival) => void;
  readonly upgrade: (arrival: UpgradeArrival) => void;
};

/** Longer than the usual idle time of load balancers in front, so that they are the ones to close. */
const KEEP_ALIVE_MS = 65_000;

/** The port on which callers are answered: connections, and what Node's parser makes of what comes over them. */
export class DataPort {
  readonly #options: DataPortOptions;
  readonly #server: Server;
  /** `null`: in the clear. */
  readonly #secure: SecureServer | null;
  readonly #connections = new Map<Socket, ClientConnection>();
  readonly #http2Connections = new Map<Socket, Http2Connection>();
  #lastAnswers = false;
  /** Connections that another process has accepted, whatever was made of them. */
  readonly #adopted = new Set<Socket>();
  #adopts = false;
  #whenEmpty: (() => void) | null = null;

  constructor(options: DataPortOptions) {
    this.#options = options;
    this.#secure = options.tls === null ? null : this.#secureServer(options.tls);
    this.#server = this.#secure?.server ?? createServer(serverOptions(options));
    this.#server.maxConnections = options.limits.clientConnectionsMax;
    if (options.tls === null) this.#server.on('connection', (socket) => this.#connected(socket, 'http'));
    this.#server.on('drop', () => options.counters.add('connections_dropped'));
    // Expectations are looked at with the rest of the head.
    for (const event of ['request', 'checkContinue', 'checkExpectation'] as const) this.#server.on(event, this.#take);
    // For a request with a body, Node 26 gives a stream of its own in the socket's place.
    this.#server.on('upgrade', (request, _stream, first) => this.#upgrade(request, request.socket, first));
    this.#server.on('connect', (_request, socket) => this.#refuseConnect(socket as Socket));
    this.#server.on('clientError', (error, socket) => this.#malformed(error, socket as Socket));
  }

  #secureServer(tls: DataTls): SecureServer {
    const { counters, limits, timeouts } = this.#options;
    return new SecureServer({
      tls,
      http1: serverOptions(this.#options),
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
  }

  /** New connections are shown other certificates. */
  renewCertificates(tls: DataTls): void {
    this.#secure?.renew(tls);
  }

  /** Takes a connection that another process has accepted; of its bytes none was read. */
  adopt(socket: Socket): void {
    if (!this.#adopts) {
      this.#adopts = true;
      // Node looks after the connections of a server (their timeouts, the idle ones) from this event on.
      this.#server.emit('listening');
    }
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
    this.#lastAnswers = true;
    for (const connection of this.#connections.values()) connection.lastAnswers();
    for (const connection of this.#http2Connections.values()) connection.close();
  }

  /**
   * Takes no new connection, ends the idle ones, and resolves when the others have ended: each after its answer,
   * or all at once after `cutAfterMs`; open WebSockets are sent away then, and end by themselves. Gives how many
   * were cut.
   */
  async close(cutAfterMs: number, tunnels: Pick<Tunnels, 'goAway' | 'carries'>): Promise<number> {
    this.lastAnswers();
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#endIdle();
    // An answer that had begun before has promised to keep its connection.
    for (const connection of this.#connections.values()) connection.onIdle(() => this.#endIdle());
    for (const connection of this.#http2Connections.values()) connection.close();
    let cut = 0;
    const timer = setTimeout(() => {
      tunnels.goAway('the gateway is stopping');
      const left = [...this.#connections.keys()].filter((socket) => !tunnels.carries(socket));
      cut = left.length + this.#http2Connections.size;
      for (const socket of left) socket.destroy();
      for (const connection of this.#http2Connections.values()) connection.cut();
    }, cutAfterMs);
    await closed;
    // Node does not wait for connections that it has not accepted.
    await this.empty();
    clearTimeout(timer);
    return cut;
  }

  /** For Node, a connection on which nothing was ever sent is not idle but about to send. */
  #endIdle(): void {
    this.#server.closeIdleConnections();
    for (const [socket, connection] of this.#connections) if (connection.silent) socket.destroy();
    this.#secure?.endHandshakes();
  }

  #connected(socket: Socket, scheme: Peer['scheme']): void {
    if (this.#connections.has(socket)) return; // it was given to the server once more
    const peer: Peer = { address: socket.remoteAddress ?? null, scheme };
    this.#connections.set(socket, new ClientConnection(socket, peer, this.#options.serve));
    socket.on('close', () => this.#connections.delete(socket));
  }

  #connectedByHttp2(socket: TLSSocket): void {
    const peer: Peer = { address: socket.remoteAddress ?? null, scheme: 'https' };
    const connection = new Http2Connection(socket, peer, { ...this.#options, keepAliveMs: KEEP_ALIVE_MS });
    this.#http2Connections.set(socket, connection);
    socket.on('close', () => this.#http2Connections.delete(socket));
  }

  readonly #take = (request: IncomingMessage, response: ServerResponse): void => {
    if (this.#lastAnswers) response.shouldKeepAlive = false;
    this.#connections.get(request.socket)?.take(request, response);
  };

  #upgrade(request: IncomingMessage, socket: Socket, first: Buffer): void {
    const connection = this.#connections.get(socket);
    // Answers to what was asked before would come in the midst of the WebSocket's bytes.
    if (connection === undefined || connection.busy) return void socket.destroy();
    if (!asksForWebSocket(request.rawHeaders)) this.#decline(request, socket, first);
    else this.#options.upgrade({ request, socket, first, peer: connection.peer });
  }

  /** On a Node that asks nobody. */
  #decline(request: IncomingMessage, socket: Socket, first: Buffer): void {
    socket.unshift(withoutOffer(request, first));
    this.#server.emit(this.#secure === null ? 'connection' : 'secureConnection', socket);
  }

  #refuseConnect(socket: Socket): void {
    this.#options.counters.add('refused_requests');
    socket.on('error', () => undefined); // the client may be gone; there is nobody else to tell
    socket.end(rawAnswer(new BanyanError('METHOD_NOT_FORWARDED', 'CONNECT is not forwarded')));
  }

  #malformed(error: NodeJS.ErrnoException & { readonly reason?: string }, socket: Socket): void {
    const connection = this.#connections.get(socket);
    if (error.code === 'ECONNRESET' || error.code === 'HPE_INVALID_EOF_STATE' || connection === undefined) {
      socket.destroy(); // the client left, in the middle of a request or between two
      return;
    }
    const [code, what] = PARSER_ERRORS[error.code ?? ''] ?? NO_HTTP;
    this.#options.counters.add(code === 'REQUEST_TIMEOUT' ? 'request_timeouts' : 'malformed_requests');
    connection.refuse(new BanyanError(code, error.reason === undefined ? what : `${what}: ${error.reason}`));
  }
}

const NO_HTTP: readonly [ErrorCode, string] = ['MALFORMED_REQUEST', 'the request is refused'];

const PARSER_ERRORS: Readonly<Record<string, readonly [ErrorCode, string]>> = {
  HPE_HEADER_OVERFLOW: ['HEADERS_TOO_LARGE', 'the head of the request is too long'],
  HPE_CHUNK_EXTENSIONS_OVERFLOW: ['BODY_TOO_LARGE', 'the chunk extensions are too long'],
  ERR_HTTP_REQUEST_TIMEOUT: ['REQUEST_TIMEOUT', 'the request was not whole in time'],
};

function serverOptions({ limits, timeouts }: DataPortOptions) {
  return {
    insecureHTTPParser: false,
    // Longer than what is taken, so that a target that is too long can be told from headers that are.
    maxHeaderSize: 2 * (limits.headerBytesMax + limits.targetBytesMax),
    // Looked at with the rest of the head.
    requireHostHeader: false,
    headersTimeout: Math.min(timeouts.requestHeadMs, timeouts.requestMs),
    requestTimeout: timeouts.requestMs,
    connectionsCheckingInterval: Math.max(10, Math.min(1000, timeouts.requestHeadMs / 10, timeouts.requestMs / 10)),
    keepAliveTimeout: KEEP_ALIVE_MS,
    noDelay: true,
    // Whatever else a request offers to upgrade to (h2c) is declined by answering it as it is: RFC 9110 §7.8.
    shouldUpgradeCallback: ({ rawHeaders }: IncomingMessage) => asksForWebSocket(rawHeaders),
  } as const;
}
