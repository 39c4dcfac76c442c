import type { Socket } from 'node:net';
import type { Counters } from '../counters.ts';
import { probeIfUnread } from '../probe.ts';
import { Tunnel } from './tunnel.ts';

/** How often sockets that are not read are asked for a reset. */
const PROBE_MS = 500;

/** The WebSockets of a gateway, from the first byte of their handshakes until both ends are closed. */
export class Tunnels {
  readonly #counters: Counters;
  /** By the client's socket; `null` while the handshake lasts. */
  readonly #tunnels = new Map<Socket, Tunnel | null>();
  #max = 0;
  #idleMs = 0;
  /** Runs while there is one to look after. */
  #probing: NodeJS.Timeout | undefined;

  constructor(counters: Counters) {
    this.#counters = counters;
  }

  /** For those that open from now on; open ones keep what they began with. */
  limit({ max, idleMs }: { readonly max: number; readonly idleMs: number }): void {
    this.#max = max;
    this.#idleMs = idleMs;
  }

  get size(): number {
    return this.#tunnels.size;
  }

  /** Takes a place until the socket closes; `false` when all are taken. */
  admit(client: Socket): boolean {
    if (this.#tunnels.size >= this.#max) {
      this.#counters.add('upgrades_over_limit');
      return false;
    }
    this.#tunnels.set(client, null);
    client.once('close', () => this.#left(client));
    this.#probing ??= setInterval(() => this.#probe(), PROBE_MS).unref();
    return true;
  }

  #left(client: Socket): void {
    this.#tunnels.delete(client);
    if (this.#tunnels.size > 0) return;
    clearInterval(this.#probing);
    this.#probing = undefined;
  }

  #probe(): void {
    for (const [client, tunnel] of this.#tunnels) {
      if (tunnel === null) probeIfUnread(client);
      else tunnel.probe();
    }
  }

  /** Joins the two ends of a handshake that was accepted. */
  open(client: Socket, upstream: Socket): void {
    const hit = () => this.#counters.add('upgrades_idle');
    this.#tunnels.set(client, new Tunnel(client, upstream, { ms: this.#idleMs, hit }));
    this.#counters.add('upgrades_opened');
  }

  /** Whether the socket is one end of an open WebSocket: it is sent away then, not cut. */
  carries(client: Socket): boolean {
    return (this.#tunnels.get(client) ?? null) !== null;
  }

  /** Ends every open WebSocket with the close code 1001. */
  goAway(reason: string): void {
    for (const tunnel of this.#tunnels.values()) {
      if (tunnel === null) continue;
      this.#counters.add('upgrades_sent_away');
      tunnel.goAway(reason);
    }
  }
}
