import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';

/** What carries a connection of TLS. Node drops the error of an empty write to TLS itself. */
const carriers = new WeakMap<Socket, Socket>();

/** Names the connection beneath one of TLS, so that it can be probed. */
export function carries(carrier: Socket, secure: TLSSocket): void {
  carriers.set(secure, carrier);
}

/**
 * A reset of a socket is told as it is read, or as bytes wait to be written. On one that does neither this asks for it,
 * by writing nothing. Every other is left alone: a write, even of nothing, would put off the timeout of one that takes
 * nothing.
 */
export function probeIfUnread(socket: Socket): void {
  if (!socket.isPaused() || !socket.writable || socket.writableLength > 0) return;
  (carriers.get(socket) ?? socket).write('', 'latin1');
}
