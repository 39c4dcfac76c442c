import { type ClientHttp2Session, type ClientHttp2Stream, connect, type OutgoingHttpHeaders } from 'node:http2';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { AUTHORITY } from './data-port-tls.ts';

/** An answer as a client of HTTP/2 got it. */
export type Http2Answer = {
  readonly status: number;
  /** As they stood on the wire, the status among them. */
  readonly rawHeaders: readonly string[];
  /** Statuses of the heads before the head. */
  readonly interim: readonly number[];
  readonly body: string;
  readonly trailers: Readonly<Record<string, unknown>>;
  /** The code with which the stream was reset, or 0. */
  readonly code: number;
};

export async function http2Connect(base: string): Promise<ClientHttp2Session> {
  // Heads that are longer than the gateway takes are part of some tests.
  const session = connect(base, { ca: AUTHORITY, maxSendHeaderBlockLength: 1 << 20 });
  session.on('error', () => undefined); // tests look at streams and frames
  await new Promise<void>((resolve, reject) => {
    session.once('connect', () => resolve());
    session.once('error', reject);
  });
  return session;
}

/** Sends a request with its body at once, and gives what came back until the stream closed. */
export function http2Ask(
  session: ClientHttp2Session,
  headers: OutgoingHttpHeaders | readonly string[],
  body?: string,
): Promise<Http2Answer> {
  const stream = session.request(headers as OutgoingHttpHeaders, { endStream: body === undefined });
  const answer = http2Answer(stream);
  if (body !== undefined) stream.end(body);
  return answer;
}

export function http2Answer(stream: ClientHttp2Stream): Promise<Http2Answer> {
  let rawHeaders: readonly string[] = [];
  let trailers = {};
  const interim: number[] = [];
  const chunks: Buffer[] = [];
  stream.on('headers', (headers) => interim.push(Number(headers[':status'])));
  stream.on('response', (...[, , raw]: unknown[]) => {
    rawHeaders = raw as string[];
  });
  stream.on('trailers', (found) => {
    trailers = { ...found };
  });
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  stream.on('error', () => undefined); // its code is told
  return new Promise((resolve) =>
    stream.on('close', () =>
      resolve({
        status: Number(rawHeaders[rawHeaders.indexOf(':status') + 1]),
        rawHeaders,
        interim,
        body: Buffer.concat(chunks).toString('latin1'),
        trailers,
        code: stream.rstCode ?? 0,
      }),
    ),
  );
}

/** Types of frames (RFC 9113 §6). */
export const FRAME = {
  data: 0,
  headers: 1,
  priority: 2,
  rstStream: 3,
  settings: 4,
  ping: 6,
  goaway: 7,
  windowUpdate: 8,
  continuation: 9,
} as const;

export const FLAG = { endStream: 1, ack: 1, endHeaders: 4 } as const;

type Frame = {
  readonly type: number;
  readonly flags: number;
  readonly stream: number;
  readonly payload: Buffer;
};

export function frame(type: number, flags: number, stream: number, payload: Buffer = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.byteLength, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

/** A connection on which a test writes frames itself. */
export class FrameClient {
  readonly socket: TLSSocket;
  readonly frames: Frame[] = [];
  readonly closed: Promise<void>;
  #unread: Buffer = Buffer.alloc(0);
  readonly #watchers = new Set<() => void>();

  constructor(socket: TLSSocket) {
    this.socket = socket;
    this.closed = new Promise((resolve) => socket.on('close', () => resolve()));
    socket.on('error', () => undefined); // a connection that is cut is part of some tests
    socket.on('data', (chunk: Buffer) => this.#read(chunk));
    socket.on('close', () => this.#changed());
    socket.write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
    this.send(FRAME.settings, 0, 0);
  }

  send(...[type, flags, stream, payload]: Parameters<typeof frame>): this {
    this.socket.write(frame(type, flags, stream, payload));
    return this;
  }

  /** A request's head; with `more`, its body is to follow. */
  ask(stream: number, headers: readonly string[], { more = false } = {}): this {
    return this.send(FRAME.headers, FLAG.endHeaders | (more ? 0 : FLAG.endStream), stream, hpack(headers));
  }

  reset(stream: number, code: number): this {
    const payload = Buffer.alloc(4);
    payload.writeUInt32BE(code);
    return this.send(FRAME.rstStream, 0, stream, payload);
  }

  /** Resolves with the first frame that is so, as soon as it is there; rejects when the connection closes before. */
  until(is: (frame: Frame) => boolean): Promise<Frame> {
    return new Promise((resolve, reject) => {
      const look = () => {
        const found = this.frames.find(is);
        if (found !== undefined) resolve(found);
        else if (this.socket.closed) reject(new Error(`closed after the frames ${JSON.stringify(this.frames)}`));
        else return;
        this.#watchers.delete(look);
      };
      this.#watchers.add(look);
      look();
    });
  }

  /** The code with which a stream is reset. */
  async resetOf(stream: number): Promise<number> {
    return (
      await this.until((frame) => frame.type === FRAME.rstStream && frame.stream === stream)
    ).payload.readUInt32BE();
  }

  /** The code with which the connection is ended. */
  async goaway(): Promise<number> {
    return (await this.until((frame) => frame.type === FRAME.goaway)).payload.readUInt32BE(4);
  }

  #read(chunk: Buffer): void {
    this.#unread = Buffer.concat([this.#unread, chunk]);
    for (;;) {
      const end = this.#unread.byteLength < 9 ? Number.POSITIVE_INFINITY : 9 + this.#unread.readUIntBE(0, 3);
      if (end > this.#unread.byteLength) break;
      this.#took(this.#unread.subarray(0, end));
      this.#unread = this.#unread.subarray(end);
    }
    this.#changed();
  }

  #took(bytes: Buffer): void {
    const [type = 0, flags = 0] = bytes.subarray(3, 5);
    this.frames.push({ type, flags, stream: bytes.readUInt32BE(5) & 0x7fffffff, payload: bytes.subarray(9) });
    if (type === FRAME.settings && (flags & FLAG.ack) === 0) this.send(FRAME.settings, FLAG.ack, 0);
  }

  #changed(): void {
    for (const look of this.#watchers) look();
  }
}

export async function frameConnect(base: string): Promise<FrameClient> {
  const { hostname, port } = new URL(base);
  const socket = connectTls({ host: hostname, port: Number(port), ca: AUTHORITY, ALPNProtocols: ['h2'] });
  await new Promise<void>((resolve, reject) => {
    socket.once('secureConnect', resolve);
    socket.once('error', reject);
  });
  return new FrameClient(socket);
}

/** Literal header fields that are never indexed, without Huffman coding (RFC 7541 §6.2.2). */
export function hpack(headers: readonly string[]): Buffer {
  const parts: Buffer[] = [];
  for (const [index, text] of headers.entries()) {
    if (index % 2 === 0) parts.push(Buffer.of(0));
    parts.push(length(text.length), Buffer.from(text, 'latin1'));
  }
  return Buffer.concat(parts);
}

/** An integer with a prefix of 7 bits (RFC 7541 §5.1). */
function length(value: number): Buffer {
  if (value < 127) return Buffer.of(value);
  const bytes = [127];
  let rest = value - 127;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  return Buffer.from([...bytes, rest]);
}

/** The four pseudo-headers of a GET, then whatever is given. */
export function getHead(path: string, ...more: readonly string[]): readonly string[] {
  return [':method', 'GET', ':scheme', 'https', ':authority', 'localhost', ':path', path, ...more];
}
