import type { Socket } from 'node:net';

/** How long a socket that has said all it had to say waits for its peer to close too. */
export const LINGER_MS = 500;

/**
 * Ends a socket: what was written goes out, then the end is told; when the peer does not close by then, it is cut.
 * A socket that is cut with bytes unread sends a reset, which can take back the last bytes that were on their way:
 * RFC 9112 §9.6. So it goes on being read meanwhile.
 */
export function endSoon(socket: Socket): void {
  if (socket.destroyed || socket.writableEnded) return;
  socket.once('finish', () => cutLater(socket));
  socket.end();
  socket.resume();
}

/** Cuts a socket after a while, unless it has closed by itself. */
export function cutLater(socket: Socket): void {
  const cut = setTimeout(() => socket.destroy(), LINGER_MS);
  socket.once('close', () => clearTimeout(cut));
}
