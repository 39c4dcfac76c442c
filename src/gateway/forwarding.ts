import { BlockList, isIP } from 'node:net';
import type { RawHeaders } from '../contract/calls.ts';

/** What a request says of the hops before this one; repeated headers are joined. */
export type ReceivedForwarding = Partial<
  Record<'forwarded' | 'x-forwarded-for' | 'x-forwarded-host' | 'x-forwarded-proto', string>
>;

/** Where a request comes from, as this hop sees it. */
export type Peer = {
  /** `null` when the socket no longer has one. */
  readonly address: string | null;
  readonly scheme: 'http' | 'https';
};

/** The proxies that are believed. */
export class TrustedProxies {
  readonly #list = new BlockList();
  readonly #any: boolean;

  /** @param networks addresses and networks: `10.0.0.7`, `10.0.0.0/8`, `fd00::/8` */
  constructor(networks: readonly string[]) {
    this.#any = networks.length > 0;
    for (const network of networks) {
      const [address = '', prefix] = network.split('/');
      const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
      if (prefix === undefined) this.#list.addAddress(address, family);
      else this.#list.addSubnet(address, Number(prefix), family);
    }
  }

  has(address: string | null): boolean {
    if (!this.#any || address === null) return false;
    const version = isIP(address);
    return version !== 0 && this.#list.check(address, version === 6 ? 'ipv6' : 'ipv4');
  }
}

/**
 * The headers that tell an upstream where a call comes from. A trusted peer's are added to, anybody else's are
 * replaced: a caller must not be able to write its own origin. `Forwarded` (RFC 7239) is written where it came.
 */
export function forwardingHeaders(
  received: ReceivedForwarding | null,
  peer: Peer,
  host: string | undefined,
  proxies: TrustedProxies,
): RawHeaders {
  const believed = received !== null && proxies.has(peer.address) ? received : null;
  const headers: string[] = [];
  if (peer.address !== null)
    headers.push('x-forwarded-for', appended(believed?.['x-forwarded-for'], plainAddress(peer.address)));
  headers.push('x-forwarded-proto', believed?.['x-forwarded-proto'] ?? peer.scheme);
  const forwardedHost = believed?.['x-forwarded-host'] ?? host;
  if (forwardedHost !== undefined) headers.push('x-forwarded-host', forwardedHost);
  if (received?.forwarded !== undefined)
    headers.push('forwarded', appended(believed?.forwarded, elementOf(peer, host)));
  return headers;
}

function appended(before: string | undefined, own: string): string {
  return before === undefined || before === '' ? own : `${before}, ${own}`;
}

/** An IPv4 address on a socket of IPv6 (`::ffff:10.0.0.7`) is that IPv4 address. */
function plainAddress(address: string): string {
  return address.startsWith('::ffff:') && address.includes('.') ? address.slice('::ffff:'.length) : address;
}

function elementOf({ address, scheme }: Peer, host: string | undefined): string {
  const node = address === null ? 'unknown' : plainAddress(address);
  const by = node.includes(':') ? `for="[${node}]"` : `for=${node}`;
  return `${by};proto=${scheme}${host === undefined ? '' : `;host="${host}"`}`;
}

/**
 * The caller's address: the last of X-Forwarded-For that no trusted proxy has, or the peer's own. What a proxy that
 * is not trusted wrote is the caller's word, and counts for nothing.
 */
export function callerAddress(received: ReceivedForwarding | null, peer: Peer, proxies: TrustedProxies): string | null {
  const chain = received?.['x-forwarded-for'];
  if (chain === undefined || peer.address === null || !proxies.has(peer.address)) return peer.address;
  let caller = plainAddress(peer.address);
  for (const hop of chain.split(',').reverse()) {
    const address = hop.trim();
    if (isIP(address) === 0) break;
    caller = address;
    if (!proxies.has(address)) break;
  }
  return caller;
}
