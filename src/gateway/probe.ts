import type { Socket } from 'node:net';

/** Writes nothing, so that a reset of a paused socket is told: Node hears of one only as it reads or writes. */
export function probe(socket: Socket): void {
  socket.write('', 'latin1');
}
