import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { BanyanError } from '../contract/errors.ts';
import { ClientAnswer } from './client-answer.ts';
import { buildParts, type GatewayParts, type PartsOptions } from './parts.ts';
import { receive } from './receive.ts';
import type { TypeShadow } from './type-shadow.ts';
import { upgrade } from './upgrade.ts';
import { asksForWebSocket } from './websocket/handshake.ts';
import { UpgradeClient } from './websocket/upgrade-client.ts';

export type GatewayOptions = PartsOptions & {
  /** Port 0: any free one. */
  readonly data: { readonly host: string; readonly port: number };
};

/** How often ledgers are written to the store. A kill loses at most the counts of this long, never an owner or a policy. */
const LEDGER_SAVE_MS = 5000;

/** The data port with everything behind it. */
export class Gateway {
  readonly parts: GatewayParts;
  readonly #options: GatewayOptions;
  readonly #server: Server;
  readonly #shadows: ReadonlyMap<string, TypeShadow>;
  readonly #sockets = new Set<Socket>();
  /** The last that was asked of a connection. */
  readonly #lastAnswers = new WeakMap<Socket, ServerResponse>();
  readonly #saving: NodeJS.Timeout;
  #draining = false;

  constructor(options: GatewayOptions) {
    this.#options = options;
    const built = buildParts(options);
    this.parts = built.parts;
    this.#shadows = built.shadows;
    this.#server = createServer(serverOptions(options), (request, response) => {
      // The last answer of a connection that is to be closed says so.
      if (this.#draining) response.shouldKeepAlive = false;
      this.#lastAnswers.set(request.socket, response);
      receive(this.parts, request, response).catch((error: unknown) => {
        options.logger.error({ err: error }, 'a call ended in an error of the gateway itself');
        const client = new ClientAnswer(response);
        if (client.started) client.cut();
        else client.error(new BanyanError('INTERNAL', 'the gateway failed on this call'));
      });
    });
    this.#server.on('upgrade', (request, socket, head) => this.#upgrade(request, socket as Socket, head));
    this.#watchConnections();
    this.#saving = setInterval(() => this.#saveLedgers(), LEDGER_SAVE_MS);
    this.#saving.unref();
  }

  /** Resolves with the base URL of the data port. */
  async listen(): Promise<string> {
    const { host, port } = this.#options.data;
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(port, host, resolve);
    });
    const { port: actual } = this.#server.address() as AddressInfo;
    return `http://${host.includes(':') ? `[${host}]` : host}:${actual}`;
  }

  get draining(): boolean {
    return this.#draining;
  }

  /** Points every type that uses the bundled v2 host at it; `null` while it is down. */
  setV2Host(base: string | null): void {
    for (const type of this.parts.types) if (type.spec.v2 === null) type.setV2(base);
  }

  /** Ends what is in flight (up to `drainMs`), takes nothing new, and keeps the ledgers. */
  async close(): Promise<void> {
    this.#draining = true;
    clearInterval(this.#saving);
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeIdleConnections();
    const cut = setTimeout(() => {
      this.parts.tunnels.goAway('the gateway is stopping');
      for (const socket of this.#sockets) if (!this.parts.tunnels.carries(socket)) socket.destroy();
    }, this.#options.timeouts.drainMs);
    await closed;
    clearTimeout(cut);
    await Promise.all([...this.#shadows.values()].map((shadow) => shadow.stop()));
    this.#saveLedgers();
    await Promise.all(this.parts.types.map((type) => type.close()));
  }

  #upgrade(request: IncomingMessage, socket: Socket, head: Buffer): void {
    // Answers to what was asked before would come in the midst of the WebSocket's bytes.
    if (this.#lastAnswers.get(socket)?.writableFinished === false) return void socket.destroy();
    if (this.#draining) {
      const error = new BanyanError('DRAINING', 'the gateway takes no new WebSockets');
      return void new UpgradeClient(socket, head).error(error);
    }
    upgrade(this.parts, request, socket, head).catch((error: unknown) => {
      this.#options.logger.error({ err: error }, 'a WebSocket ended in an error of the gateway itself');
      socket.destroy();
    });
  }

  #watchConnections(): void {
    this.#server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
    });
    this.#server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
      this.parts.counters.add('malformed_requests');
      if (!socket.writable || error.code === 'ECONNRESET') return void socket.destroy();
      const status = CLIENT_ERRORS[error.code ?? ''] ?? '400 Bad Request';
      socket.end(`HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`);
    });
  }

  #saveLedgers(): void {
    for (const [type, shadow] of this.#shadows) {
      this.#options.store.saveLedger(type, JSON.stringify(shadow.ledger.snapshot())).catch((error: unknown) => {
        this.parts.counters.add('store_write_failures');
        this.#options.logger.error({ err: error, type }, 'a ledger could not be saved');
      });
    }
  }
}

const CLIENT_ERRORS: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
};

function serverOptions({ limits }: GatewayOptions) {
  return {
    maxHeaderSize: limits.headerBytesMax,
    keepAliveTimeout: 65_000,
    noDelay: true,
    // Whatever else a request offers to upgrade to (h2c) is declined by answering it as it is: RFC 9110 §7.8.
    shouldUpgradeCallback: ({ rawHeaders }: IncomingMessage) => asksForWebSocket(rawHeaders),
  };
}
