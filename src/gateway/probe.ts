import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';

/** What carries a connection of TLS. Node drops the error of an empty write to TLS itself. */
const carriers = new WeakMap<Socket, Socket>();

/** Names the connection beneath one of TLS, so that `probe` can ask it. */
export function carries(carrier: Socket, secure: TLSSocket): void {
  carriers.set(secure, carrier);
}

/** Writes nothing, so that a reset of a paused socket is told: Node hears of one only as it reads or writes. */
export function probe(socket: Socket): void {
  (carriers.get(socket) ?? socket).write('', 'latin1');
}
