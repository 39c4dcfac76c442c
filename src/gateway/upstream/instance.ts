import type { UpstreamAddress } from './address.ts';
import type { Connector } from './connector.ts';
import { AT_FIRST, type Standing } from './ejection.ts';
import type { Exchange } from './exchange.ts';
import type { LegRequest } from './leg-request.ts';
import type { UpstreamPool } from './pool.ts';

/** One of the addresses that answer for a side, with its connections and how it did of late. */
export class Instance {
  readonly address: UpstreamAddress;
  readonly connector: Connector;
  readonly pool: UpstreamPool;
  standing: Standing = AT_FIRST;
  /** Places taken: calls and WebSockets. Where there is one instance, calls take none. */
  underWay = 0;
  /** How often it was left alone. */
  ejections = 0;

  constructor(address: UpstreamAddress, connector: Connector, pool: UpstreamPool) {
    this.address = address;
    this.connector = connector;
    this.pool = pool;
  }

  /** Gives false when no connection is free. */
  send(request: LegRequest, exchange: Exchange): boolean {
    const { basePath } = this.address;
    return this.pool.send(basePath === '' ? request : { ...request, target: basePath + request.target }, exchange);
  }
}
