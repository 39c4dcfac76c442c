import type { Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Tunnels } from './websocket/tunnels.ts';

/** The clients' connections to a server, so that a server that stops can end each one without failing a call. */
export class Connections {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #answers = new Set<ServerResponse>();
  #lastAnswers = false;

  /** Must hear of a request before anybody answers it. */
  constructor(server: Server) {
    this.#server = server;
    server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
    });
    server.on('request', (_request, response) => {
      if (this.#lastAnswers) response.shouldKeepAlive = false;
      this.#answers.add(response);
      response.on('close', () => this.#answers.delete(response));
    });
  }

  /** Every answer whose head is not written yet says `Connection: close` from now on, and closes its connection. */
  lastAnswers(): void {
    this.#lastAnswers = true;
    for (const response of this.#answers) if (!response.headersSent) response.shouldKeepAlive = false;
  }

  /**
   * Takes no new connection, ends the idle ones, and resolves when the others have ended: each after its answer,
   * or all at once after `cutAfterMs`; open WebSockets are sent away then, and end by themselves. Gives how many
   * were cut.
   */
  async close(cutAfterMs: number, tunnels: Pick<Tunnels, 'goAway' | 'carries'>): Promise<number> {
    this.lastAnswers();
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#endIdle();
    // An answer that had begun before has promised to keep its connection.
    for (const response of this.#answers) response.on('close', () => setImmediate(() => this.#endIdle()));
    let cut = 0;
    const timer = setTimeout(() => {
      tunnels.goAway('the gateway is stopping');
      const left = [...this.#sockets].filter((socket) => !tunnels.carries(socket));
      cut = left.length;
      for (const socket of left) socket.destroy();
    }, cutAfterMs);
    await closed;
    clearTimeout(timer);
    return cut;
  }

  /** For Node, a connection on which nothing was ever sent is not idle but about to send. */
  #endIdle(): void {
    this.#server.closeIdleConnections();
    for (const socket of this.#sockets) if (socket.bytesRead === 0) socket.destroy();
  }
}
