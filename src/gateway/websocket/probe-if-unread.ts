import type { Socket } from 'node:net';
import { probe } from '../probe.ts';

/**
 * A reset of a socket is told as it is read, or as bytes wait to be written. On one that does neither this asks for it.
 * Every other is left alone: a write, even of nothing, would put off the timeout of one that takes nothing.
 */
export function probeIfUnread(socket: Socket): void {
  if (socket.isPaused() && socket.writable && socket.writableLength === 0) probe(socket);
}
