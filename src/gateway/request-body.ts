import type { IncomingMessage } from 'node:http';
import { type Readable, Transform } from 'node:stream';
import { bodyLength } from './headers.ts';

/**
 * A request's body on its way to the primary. `whole` bodies were read before sending: they can be looked into,
 * sent again and mirrored. `stream` bodies flow as they come, and a copy is kept as long as it fits.
 */
export type RequestBody =
  | { readonly kind: 'none' }
  | { readonly kind: 'whole'; readonly bytes: Buffer }
  | { readonly kind: 'stream'; readonly stream: Readable; readonly copy: () => Buffer | null };

const NONE: RequestBody = { kind: 'none' };

/** The body, streamed, with no copy: for calls that nothing needs to look at. */
export function passThrough(request: IncomingMessage): RequestBody {
  return bodyLength(request.rawHeaders).has ? { kind: 'stream', stream: request, copy: () => null } : NONE;
}

/**
 * The body, whole when it says that it fits `wholeBytesMax`, else streamed beside a copy of at most
 * `copyBytesMax`. Resolves `aborted` when the client leaves before its body is complete.
 */
export async function readBody(
  request: IncomingMessage,
  options: { readonly wholeBytesMax: number; readonly copyBytesMax: number },
): Promise<RequestBody | 'aborted'> {
  const { has, length } = bodyLength(request.rawHeaders);
  if (!has) return NONE;
  if (length !== null && length <= options.wholeBytesMax) return readWhole(request);
  const tee = new Tee(options.copyBytesMax);
  request.on('error', (error) => tee.destroy(error));
  return { kind: 'stream', stream: request.pipe(tee), copy: () => tee.copy() };
}

/** Reads a chunked body whole, up to a limit, because an id stands in it. */
export async function readWholeUpTo(
  request: IncomingMessage,
  bytesMax: number,
): Promise<RequestBody | 'aborted' | 'too_large'> {
  const { has, length } = bodyLength(request.rawHeaders);
  if (!has) return NONE;
  if (length !== null) return length <= bytesMax ? readWhole(request) : 'too_large';
  return readWhole(request, bytesMax);
}

function readWhole(request: IncomingMessage): Promise<RequestBody | 'aborted'>;
function readWhole(request: IncomingMessage, bytesMax: number): Promise<RequestBody | 'aborted' | 'too_large'>;
function readWhole(
  request: IncomingMessage,
  bytesMax = Number.POSITIVE_INFINITY,
): Promise<RequestBody | 'aborted' | 'too_large'> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.byteLength;
      if (bytes <= bytesMax) chunks.push(chunk);
      else resolve('too_large');
    });
    request.on('end', () =>
      resolve({ kind: 'whole', bytes: chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks) }),
    );
    request.on('error', () => resolve('aborted'));
    request.on('close', () => resolve('aborted'));
  });
}

/** Passes bytes on and keeps them, until there are too many. */
class Tee extends Transform {
  readonly #bytesMax: number;
  #chunks: Buffer[] | null = [];
  #bytes = 0;
  #complete = false;

  constructor(bytesMax: number) {
    super();
    this.#bytesMax = bytesMax;
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.#bytes += chunk.byteLength;
    if (this.#bytes > this.#bytesMax) this.#chunks = null;
    this.#chunks?.push(chunk);
    this.push(chunk);
    done();
  }

  override _flush(done: () => void): void {
    this.#complete = true;
    done();
  }

  /** `null` while the body is not complete, or when it was too long to keep. */
  copy(): Buffer | null {
    return this.#complete && this.#chunks !== null ? Buffer.concat(this.#chunks) : null;
  }
}
