import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { BanyanError } from '../contract/errors.ts';
import type { DataListen } from '../contract/listen.ts';
import type { DataTls } from '../contract/tls.ts';
import type { MetricsSnapshot } from '../telemetry/metrics/snapshot.ts';
import type { Arrival } from './arrival.ts';
import { DataPort } from './data-port.ts';
import type { UpgradeArrival } from './http1/http1-connection.ts';
import { type ConfigChange, LiveConfig } from './live-config.ts';
import type { Configured, GatewayParts, LastingOptions } from './parts.ts';
import { receive } from './receive.ts';
import { GatewayMetrics } from './telemetry/gateway-metrics.ts';
import { upgrade } from './upgrade.ts';
import { UpgradeClient } from './websocket/upgrade-client.ts';

export type GatewayOptions = Configured &
  LastingOptions & {
    /** Port 0: any free one. */
    readonly data: DataListen;
  };

/** The port, and what is behind it: the face of a gateway, whether it is one process or several. */
export type DataPlane = Pick<
  Gateway,
  'parts' | 'listen' | 'url' | 'draining' | 'setV2Host' | 'reconfigure' | 'giveNotice' | 'close'
>;

/** How often ledgers are written to the store. A kill loses at most the counts of this long, never an owner or a policy. */
const LEDGER_SAVE_MS = 5000;

/** The data port with everything behind it. */
export class Gateway {
  readonly #options: GatewayOptions;
  readonly #port: DataPort;
  readonly #config: LiveConfig;
  readonly #saving: NodeJS.Timeout;
  readonly #metrics: GatewayMetrics;
  /** By the monotonic clock; `null` while calls are taken. */
  #stopBeganMs: number | null = null;
  #url: string | null = null;
  /** Ends the wait of a retirement. */
  readonly #closes = new AbortController();
  #closed: Promise<void> | null = null;
  #tls: DataTls | null;

  constructor(options: GatewayOptions) {
    this.#options = options;
    this.#tls = options.tls ?? null;
    this.#config = new LiveConfig(options, options);
    this.#port = new DataPort({
      ...options,
      tls: options.tls ?? null,
      counters: this.parts.counters,
      serve: (arrival) => this.#serve(arrival),
      upgrade: (arrival) => this.#upgrade(arrival),
    });
    this.#saving = setInterval(() => void this.#config.saveLedgers(), LEDGER_SAVE_MS);
    this.#saving.unref();
    this.#metrics = new GatewayMetrics(options.store);
  }

  /** What a call that begins now would get. */
  get parts(): GatewayParts {
    return this.#config.parts;
  }

  /** Resolves with the base URL of the data port. */
  async listen(): Promise<string> {
    this.#url = await this.#port.listen(this.#options.data);
    return this.#url;
  }

  /** Base URL of the data port; `null` before it listens. */
  get url(): string | null {
    return this.#url;
  }

  /** Everything that is counted and measured, at this moment. */
  metrics(): MetricsSnapshot {
    return this.#metrics.snapshot(this.parts, this.#port.connections);
  }

  /** Takes a connection that another process has accepted, in place of `listen`. */
  adopt(socket: Socket): void {
    this.#port.adopt(socket);
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
    return (await this.prepare(next))();
  }

  /** The first half of `reconfigure`: what it gives puts the config in force, or throws OVERLOADED after a stop began. */
  async prepare(next: Configured): Promise<() => ConfigChange> {
    this.#refuseWhenDraining();
    const commit = await this.#config.prepare(next);
    return () => {
      this.#refuseWhenDraining(); // nobody would close what it makes
      const change = commit();
      return this.#renewCertificates(next.tls ?? null) ? { ...change, renewed: ['certificates'] } : change;
    };
  }

  #refuseWhenDraining(): void {
    if (this.draining) throw new BanyanError('OVERLOADED', 'the gateway stops, and takes no other config');
  }

  /** Sends what was counted to whoever keeps it. */
  saveLedgers(): Promise<void> {
    return this.#config.saveLedgers();
  }

  #renewCertificates(next: DataTls | null): boolean {
    if (next === null || !renews(this.#tls, next)) return false;
    this.#port.renewCertificates(next);
    this.#tls = next;
    return true;
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

  /**
   * Leaves the port to other processes: each connection ends with its next answer, and those on which nothing is asked
   * until then are ended after `drainMs`, so that as few as possible close just as a request is put on them, or by
   * `close`, which may follow at any time.
   */
  async retire(): Promise<void> {
    this.#stopBegins();
    const { signal } = this.#closes;
    const drained = sleep(this.#drainLeftMs(), undefined, { signal }).catch(() => undefined);
    await Promise.race([this.#port.empty(), drained]);
    await this.close();
  }

  /** Ends what is in flight (up to `drainMs`, the notice included), takes nothing new, and keeps the ledgers. */
  close(): Promise<void> {
    this.#closes.abort();
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    this.#stopBegins();
    clearInterval(this.#saving);
    this.#metrics.stop();
    const cut = await this.#port.close(this.#drainLeftMs(), this.parts.tunnels);
    if (cut > 0) this.#options.logger.warn({ cut }, 'connections were cut: their calls did not end within drainMs');
    const deadline = new AbortController();
    await this.#config.close(sleep(this.#drainLeftMs(), undefined, { signal: deadline.signal }).catch(() => undefined));
    deadline.abort();
  }

  #stopBegins(): void {
    this.#stopBeganMs ??= performance.now();
    this.#port.lastAnswers();
  }

  #drainLeftMs(): number {
    const elapsedMs = performance.now() - (this.#stopBeganMs ?? performance.now());
    return Math.max(0, this.parts.timeouts.drainMs - elapsedMs);
  }

  #serve(arrival: Arrival): void {
    const { client } = arrival;
    this.#config
      .run((parts) => receive(parts, arrival))
      .catch((error: unknown) => {
        this.#options.logger.error({ err: error }, 'a call ended in an error of the gateway itself');
        if (client.started) client.cut();
        else client.error(new BanyanError('INTERNAL', 'the gateway failed on this call'));
      });
  }

  #upgrade(arrival: UpgradeArrival): void {
    const { request, socket, first } = arrival;
    if (this.draining) {
      const error = new BanyanError('DRAINING', 'the gateway takes no new WebSockets');
      return void new UpgradeClient(socket, first).error(error);
    }
    const opened = this.#config.run((parts) => upgrade(parts, request, socket, arrival));
    opened.catch((error: unknown) => {
      this.#options.logger.error({ err: error }, 'a WebSocket ended in an error of the gateway itself');
      socket.destroy();
    });
  }
}

/** Whether a data port would show other certificates. */
export function renews(now: DataTls | null, next: DataTls): boolean {
  return next.certificates.digest !== now?.certificates.digest || next.minVersion !== now.minVersion;
}
