import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A TCP connection as a test sees it: bytes out as they are written, bytes in as latin-1 text. */
export class RawSocket {
  readonly socket: Socket;
  /** Resolves when the connection is closed, however it came to that. */
  readonly closed: Promise<void>;
  received = '';
  /** Whether the other side reset the connection, and whether it ended its half in order. */
  wasReset = false;
  wasEnded = false;
  readonly #watchers = new Set<() => void>();

  constructor(socket: Socket) {
    this.socket = socket;
    this.closed = new Promise((resolve) => socket.on('close', () => resolve()));
    socket.on('data', (chunk: Buffer) => {
      this.received += chunk.toString('latin1');
      this.#changed();
    });
    socket.on('error', (error: NodeJS.ErrnoException) => {
      this.wasReset ||= error.code === 'ECONNRESET';
    });
    socket.on('end', () => {
      this.wasEnded = true;
    });
    socket.on('close', () => this.#changed());
  }

  #changed(): void {
    for (const look of this.#watchers) look();
  }

  send(text: string): this {
    this.socket.write(text, 'latin1');
    return this;
  }

  /** Resolves with all that was received once it holds `what`; rejects when the connection closes before. */
  until(what: string | RegExp | ((received: string) => boolean)): Promise<string> {
    const holds = () => {
      if (typeof what === 'function') return what(this.received);
      return typeof what === 'string' ? this.received.includes(what) : what.test(this.received);
    };
    return new Promise((resolve, reject) => {
      const look = () => {
        if (holds()) resolve(this.received);
        else if (this.socket.closed) reject(new Error(`closed before ${what}; received: ${this.received}`));
        else return;
        this.#watchers.delete(look);
      };
      this.#watchers.add(look);
      look();
    });
  }

  /** Resolves with all that was received once it holds as many heads, of requests without bodies. */
  untilHeads(count: number): Promise<string> {
    return this.until((received) => received.split('\r\n\r\n').length > count);
  }

  /** All that was received until the connection closed. */
  async all(): Promise<string> {
    await this.closed;
    return this.received;
  }

  /** Ends our half. */
  end(): this {
    this.socket.end();
    return this;
  }

  reset(): this {
    this.socket.resetAndDestroy();
    return this;
  }

  destroy(): this {
    this.socket.destroy();
    return this;
  }
}

/** Opens a connection to a base URL. */
export async function rawConnect(base: string): Promise<RawSocket> {
  const { hostname, port } = new URL(base);
  const socket = connect({ host: hostname, port: Number(port) });
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('error', reject);
  });
  return new RawSocket(socket);
}

/** Sends bytes on a connection of their own and gives all that comes back until it is closed. */
export async function rawSend(base: string, bytes: string): Promise<string> {
  const client = (await rawConnect(base)).send(bytes);
  const all = await client.all();
  client.destroy();
  return all;
}

export type RawUpstream = {
  readonly url: string;
  /** Every connection so far, open or not. */
  readonly connections: readonly RawSocket[];
  /** Resolves with the connection number `n`, counted from 0. */
  readonly connection: (n: number) => Promise<RawSocket>;
  /** Replaces what a new connection does. */
  onConnection: (script: Script) => void;
  readonly close: () => Promise<void>;
};

export type Script = (connection: RawSocket) => unknown;

/** A TCP server whose connections do what a script says, whether that is HTTP or not. */
export async function startRawUpstream(first: Script = () => undefined): Promise<RawUpstream> {
  const connections: RawSocket[] = [];
  let script = first;
  const awaiting = new Set<() => void>();
  const server = createServer((socket) => {
    const connection = new RawSocket(socket);
    connections.push(connection);
    for (const look of awaiting) look();
    awaiting.clear();
    // A script that waits for what never comes ends with its connection.
    Promise.resolve(script(connection)).catch(() => undefined);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    connections,
    connection: async (n) => {
      while (connections[n] === undefined) {
        await new Promise<void>((resolve) => {
          awaiting.add(resolve);
        });
      }
      return connections[n];
    },
    onConnection: (next) => {
      script = next;
    },
    close: async () => {
      for (const { socket } of connections) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

/** Answers every request without a body on a connection in the same way. */
export function answering(answer: string): Script {
  return async (connection) => {
    for (let requests = 1; !connection.socket.destroyed; requests += 1) {
      await connection.untilHeads(requests);
      connection.send(answer);
    }
  };
}

/** An answer with its length. */
export function ok(body = 'ok', headers = ''): string {
  return `HTTP/1.1 200 OK\r\n${headers}content-length: ${body.length}\r\n\r\n${body}`;
}
