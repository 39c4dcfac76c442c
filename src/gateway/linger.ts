import type { Socket } from 'node:net';

/** How long a connection is read after its last answer. */
const LINGER_MS = 2000;

/**
 * Lets the client read its answer although not all that it sends was read. To close a socket with unread bytes makes
 * the kernel reset the connection, and a reset can take away what the client has not read yet (RFC 9112 §9.6): so
 * ours ends its own half, and whoever owns it goes on reading, for a while.
 */
export function closeLingering(socket: Socket): void {
  socket.end(() => {
    const timer = setTimeout(() => socket.destroy(), LINGER_MS);
    socket.once('close', () => clearTimeout(timer));
  });
}
