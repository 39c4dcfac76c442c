import type { Socket } from 'node:net';
import { pino } from 'pino';
import { expect, it } from 'vitest';
import { Acceptor } from '../../src/cluster/acceptor.ts';
import type { WorkerProcess } from '../../src/cluster/worker-process.ts';
import { Counters } from '../../src/gateway/counters.ts';

class FakeSocket {
  destroyed = false;
  destroy() {
    this.destroyed = true;
  }
}

function setUp(over: { readonly connectionsMax?: number; readonly waitingMax?: number } = {}) {
  const serving: { connections: number; silentMs: number; lostMs: number; given: Socket[] }[] = [];
  const counters = new Counters();
  const acceptor = new Acceptor({
    serving: () => serving as unknown as readonly WorkerProcess[],
    held: () => serving.reduce((total, { connections }) => total + connections, 0),
    connectionsMax: () => over.connectionsMax ?? 100,
    ...(over.waitingMax === undefined ? {} : { waitingMax: over.waitingMax }),
    quietMs: 3000,
    counters,
    logger: pino({ level: 'silent' }),
  });
  const sockets = Array.from({ length: 4 }, () => new FakeSocket());
  const of = (n: number) => sockets[n] as unknown as Socket;
  return {
    acceptor,
    counters,
    of,
    worker: (like: { readonly silentMs?: number; readonly lostMs?: number; readonly connections?: number } = {}) => {
      const given: Socket[] = [];
      const worker = {
        ...{ connections: 0, silentMs: 0, lostMs: Number.POSITIVE_INFINITY, given, ...like },
        give(socket: Socket) {
          given.push(socket);
          this.connections += 1;
        },
      };
      serving.push(worker);
      return worker;
    },
    destroyed: () => sockets.map(({ destroyed }) => destroyed),
  };
}

it('connections wait while no worker serves, and the first to serve gets them in order', () => {
  const { acceptor, of, worker, destroyed } = setUp();
  for (const n of [0, 1, 2]) acceptor.take(of(n));
  const { given } = worker();
  acceptor.workerServes();
  expect(given).toEqual([of(0), of(1), of(2)]);
  expect(destroyed()).toEqual([false, false, false, false]);
  acceptor.workerServes();
  expect(given.length).toBe(3);
});

it.each([{ waitingMax: 2 }, { connectionsMax: 2 }])('those that waited longest make room for others: %o', (over) => {
  const { acceptor, counters, of, worker, destroyed } = setUp(over);
  for (const n of [0, 1, 2, 3]) acceptor.take(of(n));
  expect(destroyed()).toEqual([true, true, false, false]);
  expect(counters.snapshot().connections_dropped).toBe(2);
  const { given } = worker();
  acceptor.workerServes();
  expect(given).toEqual([of(2), of(3)]);
});

it('a worker that is quiet, or lost a connection, is given none while another is neither', () => {
  const { acceptor, of, worker } = setUp();
  const [quiet, lost] = [worker({ silentMs: 3000 }), worker({ lostMs: 0 })];
  acceptor.take(of(0));
  expect(quiet.given).toEqual([of(0)]);
  const lively = worker({ connections: 50 });
  acceptor.take(of(1));
  acceptor.take(of(2));
  expect([quiet.given.length, lost.given.length, lively.given]).toEqual([1, 0, [of(1), of(2)]]);
});

it('a connection that did not reach its worker is given to another, once', () => {
  const { acceptor, counters, of, worker, destroyed } = setUp();
  const { given } = worker();
  acceptor.take(of(0));
  acceptor.takeBack([of(0)]);
  expect([given, destroyed()[0]]).toEqual([[of(0), of(0)], false]);
  acceptor.takeBack([of(0)]);
  expect([given.length, destroyed()[0]]).toEqual([2, true]);
  expect(counters.snapshot()).toMatchObject({ connections_lost: 2, connections_dropped: 0 });
});

it('all that wait are closed with the port', () => {
  const { acceptor, of, destroyed } = setUp();
  acceptor.take(of(0));
  acceptor.close();
  acceptor.take(of(1));
  expect(destroyed()).toEqual([true, true, false, false]);
});
