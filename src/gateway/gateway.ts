import { createServer, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { BanyanError } from '../contract/errors.ts';
import { ClientAnswer } from './client-answer.ts';
import { Connections } from './connections.ts';
import { buildParts, type GatewayParts, type PartsOptions } from './parts.ts';
import { receive } from './receive.ts';
import type { TypeShadow } from './type-shadow.ts';

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
  readonly #connections: Connections;
  readonly #saving: NodeJS.Timeout;
  /** By the monotonic clock; `null` while calls are taken. */
  #stopBeganMs: number | null = null;

  constructor(options: GatewayOptions) {
    this.#options = options;
    const built = buildParts(options);
    this.parts = built.parts;
    this.#shadows = built.shadows;
    this.#server = createServer(serverOptions(options));
    this.#connections = new Connections(this.#server);
    this.#server.on('request', (request, response) => {
      receive(this.parts, request, response).catch((error: unknown) => {
        options.logger.error({ err: error }, 'a call ended in an error of the gateway itself');
        const client = new ClientAnswer(response);
        if (client.started) client.cut();
        else client.error(new BanyanError('INTERNAL', 'the gateway failed on this call'));
      });
    });
    this.#refuseMalformed();
    this.#saving = setInterval(() => void this.#saveLedgers(), LEDGER_SAVE_MS);
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
    return this.#stopBeganMs !== null;
  }

  /** Points every type that uses the bundled v2 host at it; `null` while it is down. */
  setV2Host(base: string | null): void {
    for (const type of this.parts.types) if (type.spec.v2 === null) type.setV2(base);
  }

  /**
   * The first step of a stop: readiness says no, and every answer is the last of its connection. New connections are
   * still taken for `drainNoticeMs`, so that whoever balances the load can send calls elsewhere before one is refused.
   */
  async giveNotice(): Promise<void> {
    this.#stopBegins();
    const { drainNoticeMs } = this.#options.timeouts;
    await sleep(Math.min(drainNoticeMs, this.#drainLeftMs()));
  }

  /** Ends what is in flight (up to `drainMs`, the notice included), takes nothing new, and keeps the ledgers. */
  async close(): Promise<void> {
    this.#stopBegins();
    clearInterval(this.#saving);
    const cut = await this.#connections.close(this.#drainLeftMs());
    if (cut > 0) this.#options.logger.warn({ cut }, 'connections were cut: their calls did not end within drainMs');
    await this.#stopShadows();
    await Promise.all(this.parts.types.map((type) => type.close()));
    await this.#saveLedgers();
  }

  #stopBegins(): void {
    this.#stopBeganMs ??= performance.now();
    this.#connections.lastAnswers();
  }

  #drainLeftMs(): number {
    const elapsedMs = performance.now() - (this.#stopBeganMs ?? performance.now());
    return Math.max(0, this.#options.timeouts.drainMs - elapsedMs);
  }

  /** Copies under way may end, but hold up nothing: what is left at the deadline is dropped. */
  async #stopShadows(): Promise<void> {
    const stopped = Promise.all([...this.#shadows.values()].map((shadow) => shadow.stop()));
    const deadline = new AbortController();
    const { signal } = deadline;
    await Promise.race([stopped, sleep(this.#drainLeftMs(), undefined, { signal })]);
    deadline.abort();
    await Promise.all(this.parts.types.map((type) => type.endCopies()));
    await stopped;
  }

  #refuseMalformed(): void {
    this.#server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
      this.parts.counters.add('malformed_requests');
      if (!socket.writable || error.code === 'ECONNRESET') return void socket.destroy();
      const status = CLIENT_ERRORS[error.code ?? ''] ?? '400 Bad Request';
      socket.end(`HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`);
    });
  }

  async #saveLedgers(): Promise<void> {
    await Promise.all([...this.#shadows].map(([type, shadow]) => this.#saveLedger(type, shadow)));
  }

  async #saveLedger(type: string, shadow: TypeShadow): Promise<void> {
    try {
      await this.#options.store.saveLedger(type, JSON.stringify(shadow.ledger.snapshot()));
    } catch (error) {
      this.parts.counters.add('store_write_failures');
      this.#options.logger.error({ err: error, type }, 'a ledger could not be saved');
    }
  }
}

const CLIENT_ERRORS: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
};

function serverOptions({ limits }: GatewayOptions) {
  return { maxHeaderSize: limits.headerBytesMax, keepAliveTimeout: 65_000, noDelay: true } as const;
}
