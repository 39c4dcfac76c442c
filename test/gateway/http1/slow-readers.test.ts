import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { expect, it } from 'vitest';
import { DEFAULT_TIMEOUTS } from '../../../src/contract/limits.ts';
import type { Arrival } from '../../../src/gateway/arrival.ts';
import { Counters } from '../../../src/gateway/counters.ts';
import { type ConnectionOwner, Http1Connection } from '../../../src/gateway/http1/http1-connection.ts';

/** A connection that takes what is written to it when the test says so. */
class HeldSocket extends Duplex {
  taken = '';
  #take: (() => void) | null = null;
  #takesAll = false;

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    const take = () => {
      this.taken += chunk.toString('latin1');
      done();
    };
    if (this.#takesAll) take();
    else this.#take = take;
  }

  takeAll(): void {
    this.#takesAll = true;
    this.#take?.();
  }

  destroySoon(): void {
    this.end(() => this.destroy());
  }
}

function start() {
  const socket = new HeldSocket();
  const counters = new Counters();
  const arrivals: Arrival[] = [];
  const owner: { stage: ConnectionOwner['stage'] } & Omit<ConnectionOwner, 'stage'> = {
    stage: 'open',
    timeouts: DEFAULT_TIMEOUTS,
    headBytesMax: 4096,
    counters,
    serve: (arrival) => void arrivals.push(arrival),
    upgrade: () => undefined,
    closed: () => undefined,
  };
  const peer = { address: '127.0.0.1', scheme: 'http' } as const;
  const connection = new Http1Connection(socket as unknown as Socket, peer as Arrival['peer'], owner);
  /** Sends a request, and gives the end that its answer is written to. */
  const asked = async (header = '') => {
    const before = arrivals.length;
    socket.push(`GET / HTTP/1.1\r\nHost: a\r\n${header}\r\n`);
    await expect.poll(() => arrivals.length).toBe(before + 1);
    return arrivals[before]?.client as Arrival['client'];
  };
  /** Looks as if so much time had passed. */
  const checkAfter = (seconds: number) => connection.check(performance.now() + seconds * 1000);
  return { socket, connection, owner, counters, asked, checkAfter };
}

const OK = [200, 'OK', ['content-length', '2'], Buffer.from('ok')] as const;

it('have the end of their answer although the port closes', async () => {
  const { socket, connection, asked } = start();
  (await asked()).whole(...OK);
  connection.endIfIdle();
  expect([socket.destroyed, socket.taken]).toEqual([false, '']);
  socket.takeAll();
  await expect.poll(() => socket.destroyed).toBe(true);
  expect(socket.taken).toMatch(/\r\n\r\nok$/);
});

it('have the end of an answer that was begun before the port closes', async () => {
  const { socket, owner, asked } = start();
  const client = await asked();
  client.head(200, 'OK', ['content-length', '2']);
  client.flush();
  owner.stage = 'closing';
  client.data(Buffer.from('ok'), { pause: () => undefined, resume: () => undefined });
  client.end([]);
  expect([socket.destroyed, socket.taken]).toEqual([false, '']);
  socket.takeAll();
  await expect.poll(() => socket.destroyed).toBe(true);
  expect(socket.taken).toMatch(/\r\n\r\nok$/);
});

it('keep their connection: it is idle for 65 s at most, and a next call takes what it takes', async () => {
  const { socket, asked, checkAfter } = start();
  (await asked()).whole(...OK);
  socket.takeAll();
  await expect.poll(() => socket.taken).toMatch(/ok$/);
  checkAfter(64);
  expect(socket.destroyed).toBe(false);
  await asked();
  checkAfter(600);
  expect(socket.destroyed).toBe(false);
});

it('lose it when it has been idle for longer', async () => {
  const { socket, asked, checkAfter, counters } = start();
  (await asked()).whole(...OK);
  socket.takeAll();
  checkAfter(66);
  expect([socket.destroyed, counters.snapshot().answers_unread]).toEqual([true, 0]);
});

it.each([
  ['short, and the last of its connection: a minute', 'Connection: close\r\n', 2, 60],
  ['longer than its connection holds: and a second for each 16 KiB', '', 160 * 1024, 70],
])('are given up with an answer that is %s, whatever they send meanwhile', async (_what, header, bytes, seconds) => {
  const { socket, asked, checkAfter, counters } = start();
  (await asked(header)).whole(200, 'OK', ['content-length', String(bytes)], Buffer.alloc(bytes));
  checkAfter(seconds - 1);
  expect(socket.destroyed).toBe(false);
  socket.push('\r\n');
  checkAfter(seconds + 1);
  expect([socket.destroyed, counters.snapshot().answers_unread]).toEqual([true, 1]);
});
