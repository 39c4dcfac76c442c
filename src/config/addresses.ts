import { BlockList, isIP } from 'node:net';
import type { Listen, UnixListen } from '../contract/listen.ts';

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4');
LOOPBACK.addAddress('::1', 'ipv6');

const ANY = new BlockList();
ANY.addAddress('0.0.0.0', 'ipv4');
ANY.addAddress('::', 'ipv6');

/** `localhost`, 127.0.0.0/8 or ::1. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || isIn(LOOPBACK, host);
}

/**
 * Whether two addresses can be the same socket of this machine. Names are not resolved, and the machine's own
 * outer addresses are not known here: only equal hosts, loopback and "any address" are seen.
 */
export function canMeet(a: Listen | Pick<UnixListen, 'unix'>, b: Listen): boolean {
  if ('unix' in a) return false;
  if (a.port !== b.port || a.port === 0) return false;
  if (a.host === b.host) return true;
  if (isAny(a.host)) return isAny(b.host) || isLoopback(b.host);
  if (isAny(b.host)) return isLoopback(a.host);
  return (a.host === 'localhost' && isLoopback(b.host)) || (b.host === 'localhost' && isLoopback(a.host));
}

/** The address that an instance such as `http://[::1]:9001` stands for; `null` for a socket in the file system. */
export function addressOf(instance: string): Listen | null {
  if (instance.startsWith('unix:')) return null;
  const { protocol, hostname, port } = new URL(instance);
  const defaultPort = protocol === 'https:' ? 443 : 80;
  return { host: hostname.replace(/^\[|\]$/g, ''), port: port === '' ? defaultPort : Number(port) };
}

function isAny(host: string): boolean {
  return isIn(ANY, host);
}

function isIn(list: BlockList, host: string): boolean {
  const version = isIP(host);
  return version !== 0 && list.check(host, version === 6 ? 'ipv6' : 'ipv4');
}
