import { BanyanError } from '../contract/errors.ts';
import type { Arrival } from './client-connection.ts';
import { DataPort } from './data-port.ts';
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
  readonly #port: DataPort;
  readonly #shadows: ReadonlyMap<string, TypeShadow>;
  readonly #saving: NodeJS.Timeout;

  constructor(options: GatewayOptions) {
    this.#options = options;
    const { parts, shadows } = buildParts(options);
    this.parts = parts;
    this.#shadows = shadows;
    this.#port = new DataPort({ ...options, ...parts, serve: (arrival) => this.#serve(arrival) });
    this.#saving = setInterval(() => this.#saveLedgers(), LEDGER_SAVE_MS);
    this.#saving.unref();
  }

  #serve(arrival: Arrival): void {
    receive(this.parts, arrival).catch((error: unknown) => {
      this.#options.logger.error({ err: error }, 'a call ended in an error of the gateway itself');
      if (arrival.client.started) arrival.client.cut();
      else arrival.client.error(new BanyanError('INTERNAL', 'the gateway failed on this call'));
    });
  }

  /** Resolves with the base URL of the data port. */
  async listen(): Promise<string> {
    const { host } = this.#options.data;
    const port = await this.#port.listen(this.#options.data);
    return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
  }

  get draining(): boolean {
    return this.#port.draining;
  }

  /** Points every type that uses the bundled v2 host at it; `null` while it is down. */
  setV2Host(base: string | null): void {
    for (const type of this.parts.types) if (type.spec.v2 === null) type.setV2(base);
  }

  /** Ends what is in flight (up to `drainMs`), takes nothing new, and keeps the ledgers. */
  async close(): Promise<void> {
    clearInterval(this.#saving);
    await this.#port.close(this.#options.timeouts.drainMs);
    await Promise.all([...this.#shadows.values()].map((shadow) => shadow.stop()));
    this.#saveLedgers();
    await Promise.all(this.parts.types.map((type) => type.close()));
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
