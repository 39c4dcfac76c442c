import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import type { Logger } from 'pino';
import { type DataListen, listenUrl } from '../contract/listen.ts';
import type { Counters } from '../gateway/counters.ts';
import { giveMode, makeWay } from '../gateway/unix-socket.ts';
import type { WorkerProcess } from './worker-process.ts';

export type AcceptorOptions = {
  /** Those that may be given a connection. */
  readonly serving: () => readonly WorkerProcess[];
  /** Connections that all workers hold, those that are leaving included. */
  readonly held: () => number;
  readonly connectionsMax: () => number;
  /** Connections that wait while no worker serves; default 1,000. */
  readonly waitingMax?: number;
  /** A worker that has said nothing for this long may hang: it is given none while others serve. Milliseconds. */
  readonly quietMs: number;
  readonly counters: Counters;
  readonly logger: Logger;
};

const WAITING_MAX = 1000;

/**
 * The listening socket, which is open for as long as the gateway runs, whatever becomes of its workers. A connection
 * is handed, unread, to the worker that has the fewest; while there is none, it waits.
 */
export class Acceptor {
  readonly #options: AcceptorOptions;
  readonly #server: Server;
  readonly #waiting: Socket[] = [];
  /** Those that did not reach a worker once. */
  readonly #lost = new WeakSet<Socket>();
  #closed = false;

  constructor(options: AcceptorOptions) {
    this.#options = options;
    this.#server = createServer({ pauseOnConnect: true, allowHalfOpen: true }, (socket) => {
      socket.on('error', () => undefined); // nothing of it is read or written here
      this.take(socket);
    });
  }

  /** Port 0: any free one. Resolves with the base URL. */
  async listen(listen: DataListen, scheme: 'http' | 'https'): Promise<string> {
    if ('unix' in listen) await makeWay(listen.unix);
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      const at = 'unix' in listen ? { path: listen.unix } : { host: listen.host, port: listen.port };
      this.#server.listen(at, () => {
        this.#server.off('error', reject);
        resolve();
      });
    });
    // A connection that could not be accepted, such as for want of file descriptors.
    this.#server.on('error', (error) => this.#options.logger.error({ err: error }, 'the data port failed'));
    if ('unix' in listen) {
      giveMode(listen.unix, listen.mode);
      return listenUrl(listen, scheme);
    }
    return listenUrl({ ...listen, port: (this.#server.address() as AddressInfo).port }, scheme);
  }

  /** A connection of which nothing was read. */
  take(socket: Socket): void {
    if (this.#closed) return void socket.destroy();
    const { serving, quietMs } = this.#options;
    const least = leastBusy(serving(), quietMs);
    if (least === null) this.#wait(socket);
    else if (this.#room() <= 0) this.#drop(socket);
    else least.give(socket);
  }

  /** Connections that did not reach their worker, such as for want of file descriptors there. Each has one more chance. */
  takeBack(sockets: readonly Socket[]): void {
    for (const socket of sockets) {
      this.#options.counters.add('connections_lost');
      if (this.#lost.has(socket)) {
        socket.destroy();
        continue;
      }
      this.#lost.add(socket);
      this.take(socket);
    }
  }

  /** There is a worker again. */
  workerServes(): void {
    for (const socket of this.#waiting.splice(0)) this.take(socket);
  }

  /** Takes no new connection. */
  close(): void {
    this.#closed = true;
    this.#server.close();
    for (const socket of this.#waiting.splice(0)) socket.destroy();
  }

  #room(): number {
    const { held, connectionsMax } = this.#options;
    return connectionsMax() - held();
  }

  /** What is not read does not tell that its client has left; who waited longest is the likeliest to have. */
  #wait(socket: Socket): void {
    this.#waiting.push(socket);
    const max = Math.min(this.#options.waitingMax ?? WAITING_MAX, Math.max(0, this.#room()));
    for (const longest of this.#waiting.splice(0, this.#waiting.length - max)) this.#drop(longest);
  }

  #drop(socket: Socket): void {
    this.#options.counters.add('connections_dropped');
    socket.destroy();
  }
}

function leastBusy(serving: readonly WorkerProcess[], quietMs: number): WorkerProcess | null {
  const lively = serving.filter(({ silentMs, lostMs }) => silentMs < quietMs && lostMs >= quietMs);
  return (lively.length > 0 ? lively : serving).reduce<WorkerProcess | null>(
    (best, worker) => (best === null || worker.connections < best.connections ? worker : best),
    null,
  );
}
