import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { BanyanError, type ErrorCode } from '../contract/errors.ts';
import type { Limits, Timeouts } from '../contract/limits.ts';
import { type Arrival, ClientConnection } from './client-connection.ts';
import type { Counters } from './counters.ts';
import type { TrustedProxies } from './forwarding.ts';
import { rawAnswer } from './own-answer.ts';

export type DataPortOptions = {
  readonly limits: Limits;
  readonly timeouts: Timeouts;
  readonly trustedProxies: TrustedProxies;
  readonly counters: Counters;
  readonly serve: (arrival: Arrival) => void;
};

/** Longer than the usual idle time of load balancers in front, so that they are the ones to close. */
const KEEP_ALIVE_MS = 65_000;

/** The port on which callers are answered: connections, and what Node's parser makes of what comes over them. */
export class DataPort {
  readonly #options: DataPortOptions;
  readonly #server: Server;
  readonly #connections = new Map<Socket, ClientConnection>();
  #draining = false;

  constructor(options: DataPortOptions) {
    this.#options = options;
    this.#server = createServer(serverOptions(options));
    this.#server.maxConnections = options.limits.clientConnectionsMax;
    this.#server.on('connection', (socket) => this.#connected(socket));
    this.#server.on('drop', () => options.counters.add('connections_dropped'));
    // Expectations are looked at with the rest of the head.
    for (const event of ['request', 'checkContinue', 'checkExpectation'] as const) this.#server.on(event, this.#take);
    this.#server.on('connect', (_request, socket) => this.#refuseConnect(socket as Socket));
    this.#server.on('clientError', (error, socket) => this.#malformed(error, socket as Socket));
  }

  /** Port 0: any free one. Resolves with the port. */
  async listen({ host, port }: { readonly host: string; readonly port: number }): Promise<number> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(port, host, resolve);
    });
    return (this.#server.address() as AddressInfo).port;
  }

  get draining(): boolean {
    return this.#draining;
  }

  /** Takes nothing new, ends what is in flight, and cuts off what is left after `drainMs`. */
  async close(drainMs: number): Promise<void> {
    this.#draining = true;
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeIdleConnections();
    const cut = setTimeout(() => {
      for (const socket of this.#connections.keys()) socket.destroy();
    }, drainMs);
    await closed;
    clearTimeout(cut);
  }

  #connected(socket: Socket): void {
    const { serve, trustedProxies } = this.#options;
    const address = socket.remoteAddress ?? null;
    const peer = { address, trusted: trustedProxies.has(address), scheme: 'http' } as const;
    this.#connections.set(socket, new ClientConnection(socket, peer, serve));
    socket.on('close', () => this.#connections.delete(socket));
  }

  readonly #take = (request: IncomingMessage, response: ServerResponse): void => {
    // The last answer of a connection that is to be closed says so.
    if (this.#draining) response.shouldKeepAlive = false;
    this.#connections.get(request.socket)?.take(request, response);
  };

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
  } as const;
}
