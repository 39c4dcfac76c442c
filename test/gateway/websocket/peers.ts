import type { AddressInfo } from 'node:net';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { acceptOf } from '../../../src/gateway/websocket/handshake.ts';

/** One end of a connection, on bare bytes. */
export class Peer {
  readonly socket: Socket;
  readonly closed: Promise<void>;
  #heard = '';
  #ended = false;
  readonly #waiting = new Set<() => void>();

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (chunk: Buffer) => {
      this.#heard += chunk.toString('latin1');
      this.#wake();
    });
    socket.on('end', () => {
      this.#ended = true;
      this.#wake();
    });
    socket.on('error', () => undefined); // resets are part of these tests
    this.closed = new Promise((resolve) => socket.on('close', () => resolve()));
    this.closed.then(() => this.#wake());
  }

  /** All that came so far, a character a byte. */
  get heard(): string {
    return this.#heard;
  }

  say(bytes: string | Uint8Array): void {
    this.socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes);
  }

  /** Resolves with all that came, once it holds the text; rejects when the connection ends without it. */
  until(text: string): Promise<string> {
    return this.#when(() => this.#heard.includes(text), `"${text}"`);
  }

  /** Resolves with all that came, once the other end has said that it is done; rejects when it was cut instead. */
  end(): Promise<string> {
    return this.#when(() => this.#ended, 'the end');
  }

  /** Resolves with all that came, once nothing more will, however it ended; then leaves. */
  async rest(): Promise<string> {
    await this.end().catch(() => undefined); // cut: what came is what there is
    this.socket.destroy();
    return this.#heard;
  }

  #when(holds: () => boolean, what: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const check = () => {
        if (!holds() && !this.socket.destroyed) return;
        this.#waiting.delete(check);
        if (holds()) resolve(this.#heard);
        else reject(new Error(`the connection closed before ${what}; heard: ${this.#heard}`));
      };
      this.#waiting.add(check);
      check();
    });
  }

  #wake(): void {
    for (const check of [...this.#waiting]) check();
  }
}

export const KEY = 'dGhlIHNhbXBsZSBub25jZQ==';

/** The lines of a handshake; a name maps to `null` to leave the line out. */
export function handshake(path: string, over: Readonly<Record<string, string | null>> = {}, method = 'GET'): string {
  const headers: Record<string, string | null> = {
    Host: 'test',
    Connection: 'Upgrade',
    Upgrade: 'websocket',
    'Sec-WebSocket-Version': '13',
    'Sec-WebSocket-Key': KEY,
    ...over,
  };
  const lines = Object.entries(headers).flatMap(([name, value]) => (value === null ? [] : [`${name}: ${value}`]));
  return `${[`${method} ${path} HTTP/1.1`, ...lines].join('\r\n')}\r\n\r\n`;
}

export function switching(headers = ''): string {
  return (
    'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
    `Sec-WebSocket-Accept: ${acceptOf(KEY)}\r\n${headers}\r\n`
  );
}

/** Connects and says something at once, in one packet. */
export function dial(base: string, first: string): Promise<Peer> {
  const { hostname, port } = new URL(base);
  return new Promise((resolve, reject) => {
    const socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true }, () => {
      const peer = new Peer(socket);
      peer.say(first);
      resolve(peer);
    });
    socket.once('error', reject);
  });
}

/** A service of bare bytes: says what it is told to once it has heard a request's head. */
export type RawUpstream = {
  readonly url: string;
  readonly peers: readonly Peer[];
  /** Replaces what it does with the next connections. */
  readonly on: (heard: (peer: Peer) => void) => void;
  readonly connections: () => Promise<number>;
  readonly close: () => Promise<void>;
};

export async function startRawUpstream(first: (peer: Peer) => void): Promise<RawUpstream> {
  let heard = first;
  const peers: Peer[] = [];
  const server: Server = createServer({ allowHalfOpen: true }, (socket) => {
    const peer = new Peer(socket);
    peers.push(peer);
    // A peer that leaves before its request is whole is part of some tests.
    peer.until('\r\n\r\n').then(
      () => heard(peer),
      () => undefined,
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', 4096, resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    peers,
    on: (next) => {
      heard = next;
    },
    connections: () =>
      new Promise((resolve, reject) =>
        server.getConnections((error, count) => (error === null ? resolve(count) : reject(error))),
      ),
    close: async () => {
      for (const { socket } of peers) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

/** Accepts every WebSocket and says back what it hears. */
export function echo(peer: Peer): void {
  peer.say(switching());
  peer.socket.on('data', (chunk: Buffer) => peer.say(chunk));
  peer.socket.on('end', () => peer.socket.end());
}

/** A whole frame of at most 125 bytes, from a server. */
export function frame(opcode: number, payload: string | Uint8Array): Buffer {
  const bytes = typeof payload === 'string' ? Buffer.from(payload) : payload;
  return Buffer.concat([Buffer.from([0x80 | opcode, bytes.byteLength]), bytes]);
}

const MASK = [0x37, 0xfa, 0x21, 0x3d] as const;

/** A whole frame of at most 125 bytes, from a client. */
export function masked(opcode: number, payload: Uint8Array): Buffer {
  const bytes = payload.map((byte, index) => byte ^ (MASK[index % 4] ?? 0));
  return Buffer.concat([Buffer.from([0x80 | opcode, 0x80 | bytes.byteLength, ...MASK]), bytes]);
}

/** The code of the close frame among the frames (of at most 125 bytes) that follow the last head. */
export function closeCodeIn(heard: string): number | null {
  const bytes = Buffer.from(heard, 'latin1');
  let at = heard.indexOf('\r\n\r\n') + 4;
  for (;;) {
    const [opcode, length] = [bytes[at], bytes[at + 1]];
    if (opcode === undefined || length === undefined) return null;
    const masked = (length & 0x80) !== 0;
    const payload = at + (masked ? 6 : 2);
    if ((opcode & 0xf) === 8) {
      const code = bytes.readUInt16BE(payload);
      return masked ? code ^ bytes.readUInt16BE(at + 2) : code;
    }
    at = payload + (length & 0x7f);
  }
}
