import { once } from 'node:events';
import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { closeLingering } from '../../src/gateway/linger.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
afterEach(() => void vi.useRealTimers());

/** A connection whose other end takes all, and does not close. */
async function lingering(): Promise<Duplex> {
  const socket = new Duplex({ read: () => undefined, write: (_chunk, _encoding, done) => done() });
  closeLingering(socket as Socket);
  await once(socket, 'finish');
  return socket;
}

it('a connection is read for two seconds after its last answer, then cut', async () => {
  const socket = await lingering();
  vi.advanceTimersByTime(1999);
  expect(socket.destroyed).toBe(false);
  vi.advanceTimersByTime(1);
  expect(socket.destroyed).toBe(true);
});

it('one that the client closes by itself leaves no timer behind', async () => {
  const socket = await lingering();
  socket.resume().push(null);
  await once(socket, 'close');
  expect(vi.getTimerCount()).toBe(0);
});
