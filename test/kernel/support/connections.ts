import { createServer, type Server, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

/** Listens for processes that connect; each connection ends when its process does, however that ends. */
export class Connections {
  readonly #server: Server;
  readonly #sockets: Socket[] = [];
  #waiting: (() => void)[] = [];

  private constructor(server: Server) {
    this.#server = server;
    server.on('connection', (socket) => {
      socket.on('error', () => undefined);
      this.#sockets.push(socket);
      for (const then of this.#waiting.splice(0)) then();
    });
  }

  static async open(): Promise<Connections> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => {
      server.close();
    });
    return new Connections(server);
  }

  get port(): number {
    return (this.#server.address() as { port: number }).port;
  }

  /** Resolves with the nth connection. */
  async nth(n: number): Promise<Socket> {
    for (;;) {
      const socket = this.#sockets[n];
      if (socket !== undefined) return socket;
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  /** Resolves when the process of a connection is gone. */
  async gone(socket: Socket): Promise<void> {
    if (socket.closed) return;
    socket.resume();
    await new Promise((resolve) => socket.once('close', resolve));
  }
}
