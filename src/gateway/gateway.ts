import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { BanyanError } from '../contract/errors.ts';
import { ClientAnswer } from './client-answer.ts';
import { Connections } from './connections.ts';
import { type ConfigChange, LiveConfig } from './live-config.ts';
import type { Configured, GatewayParts, LastingOptions } from './parts.ts';
import { receive } from './receive.ts';
import { upgrade } from './upgrade.ts';
import { asksForWebSocket } from './websocket/handshake.ts';
import { UpgradeClient } from './websocket/upgrade-client.ts';

export type GatewayOptions = Configured &
  LastingOptions & {
    /** Port 0: any free one. */
    readonly data: { readonly host: string; readonly port: number };
  };

/** How often ledgers are written to the store. A kill loses at most the counts of this long, never an owner or a policy. */
const LEDGER_SAVE_MS = 5000;

/** The data port with everything behind it. */
export class Gateway {
  readonly #options: GatewayOptions;
  readonly #server: Server;
  readonly #config: LiveConfig;
  readonly #connections: Connections;
  /** The last that was asked of a connection. */
  readonly #lastAnswers = new WeakMap<Socket, ServerResponse>();
  readonly #saving: NodeJS.Timeout;
  /** By the monotonic clock; `null` while calls are taken. */
  #stopBeganMs: number | null = null;

  constructor(options: GatewayOptions) {
    this.#options = options;
    this.#config = new LiveConfig(options, options);
    this.#server = createServer(serverOptions(options));
    this.#connections = new Connections(this.#server);
    this.#server.on('request', (request, response) => {
      this.#lastAnswers.set(request.socket, response);
      const received = this.#config.run((parts) => receive(parts, request, response));
      received.catch((error: unknown) => {
        options.logger.error({ err: error }, 'a call ended in an error of the gateway itself');
        const client = new ClientAnswer(response);
        if (client.started) client.cut();
        else client.error(new BanyanError('INTERNAL', 'the gateway failed on this call'));
      });
    });
    this.#server.on('upgrade', (request, socket, head) => this.#upgrade(request, socket as Socket, head));
    this.#refuseMalformed();
    this.#saving = setInterval(() => void this.#config.saveLedgers(), LEDGER_SAVE_MS);
    this.#saving.unref();
  }

  /** What a call that begins now would get. */
  get parts(): GatewayParts {
    return this.#config.parts;
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
    return this.#stopBeganMs !== null;
  }

  /** Points every type that uses the bundled v2 host at it; `null` while it is down. */
  setV2Host(base: string | null): void {
    this.#config.setV2Host(base);
  }

  /**
   * Puts other types, limits and timeouts in force in one step; calls under way end on those they began with.
   * One at a time. `headerBytesMax` is the server's since it listens.
   * @throws BanyanError BAD_CONFIG or OVERLOADED, with nothing changed
   */
  async reconfigure(next: Configured): Promise<ConfigChange> {
    if (this.draining) throw new BanyanError('OVERLOADED', 'the gateway stops, and takes no other config');
    return this.#config.replace(next);
  }

  /**
   * The first step of a stop: readiness says no, and every answer is the last of its connection. New connections are
   * still taken for `drainNoticeMs`, so that whoever balances the load can send calls elsewhere before one is refused.
   */
  async giveNotice(): Promise<void> {
    this.#stopBegins();
    const { drainNoticeMs } = this.parts.timeouts;
    await sleep(Math.min(drainNoticeMs, this.#drainLeftMs()));
  }

  /** Ends what is in flight (up to `drainMs`, the notice included), takes nothing new, and keeps the ledgers. */
  async close(): Promise<void> {
    this.#stopBegins();
    clearInterval(this.#saving);
    const cut = await this.#connections.close(this.#drainLeftMs(), this.parts.tunnels);
    if (cut > 0) this.#options.logger.warn({ cut }, 'connections were cut: their calls did not end within drainMs');
    const deadline = new AbortController();
    await this.#config.close(sleep(this.#drainLeftMs(), undefined, { signal: deadline.signal }).catch(() => undefined));
    deadline.abort();
  }

  #stopBegins(): void {
    this.#stopBeganMs ??= performance.now();
    this.#connections.lastAnswers();
  }

  #drainLeftMs(): number {
    const elapsedMs = performance.now() - (this.#stopBeganMs ?? performance.now());
    return Math.max(0, this.parts.timeouts.drainMs - elapsedMs);
  }

  #upgrade(request: IncomingMessage, socket: Socket, head: Buffer): void {
    // Answers to what was asked before would come in the midst of the WebSocket's bytes.
    if (this.#lastAnswers.get(socket)?.writableFinished === false) return void socket.destroy();
    if (this.draining) {
      const error = new BanyanError('DRAINING', 'the gateway takes no new WebSockets');
      return void new UpgradeClient(socket, head).error(error);
    }
    const opened = this.#config.run((parts) => upgrade(parts, request, socket, head));
    opened.catch((error: unknown) => {
      this.#options.logger.error({ err: error }, 'a WebSocket ended in an error of the gateway itself');
      socket.destroy();
    });
  }

  #refuseMalformed(): void {
    this.#server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
      this.parts.counters.add('malformed_requests');
      if (!socket.writable || error.code === 'ECONNRESET') return void socket.destroy();
      const status = CLIENT_ERRORS[error.code ?? ''] ?? '400 Bad Request';
      socket.end(`HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`);
    });
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
