import { connect as connectPlain, isIP, type Socket } from 'node:net';
import { connect as connectSecure } from 'node:tls';

export type ConnectOptions = {
  /** Whether our half stays open when the upstream has ended its own. */
  readonly allowHalfOpen: boolean;
};

/** Opens a connection to the upstream of a URL; calls back when bytes can be sent. */
export function connectTo(url: URL, { allowHalfOpen }: ConnectOptions, connected: () => void): Socket {
  const secure = url.protocol === 'https:';
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const at = { host, port: Number(url.port || (secure ? 443 : 80)), allowHalfOpen, noDelay: true };
  if (!secure) return connectPlain(at, connected);
  // A server name is a name, never an address (RFC 6066 §3).
  return connectSecure({ ...at, servername: isIP(host) === 0 ? host : '', ALPNProtocols: ['http/1.1'] }, connected);
}
