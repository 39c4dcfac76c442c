import type { ClientRequest } from './client-request.ts';
import type { BodyFraming } from './request-head.ts';
import { Upload, type UploadOptions } from './upload.ts';

/**
 * A request's body on its way to the primary. `whole` bodies were read before sending: they can be looked into,
 * sent again and mirrored. `stream` bodies flow as they come, and a copy is kept as long as it fits.
 */
export type RequestBody =
  | { readonly kind: 'none' }
  | { readonly kind: 'whole'; readonly bytes: Buffer }
  | { readonly kind: 'stream'; readonly upload: Upload };

const NONE: RequestBody = { kind: 'none' };

/**
 * The body, whole when it says that it fits `wholeBytesMax`, else streamed. Resolves `aborted` when the client leaves
 * before a whole body is complete.
 */
export function readBody(
  request: ClientRequest,
  { has, length }: BodyFraming,
  options: UploadOptions & { readonly wholeBytesMax: number },
): Promise<RequestBody | 'aborted'> | RequestBody {
  if (!has) return NONE;
  if (length !== null && length <= options.wholeBytesMax) return readWhole(request);
  return { kind: 'stream', upload: new Upload(request, options) };
}

/** The body, streamed, whatever its length. */
export function streamBody(request: ClientRequest, { has }: BodyFraming, options: UploadOptions): RequestBody {
  return has ? { kind: 'stream', upload: new Upload(request, options) } : NONE;
}

/** Reads a body whole, up to a limit, because an id stands in it. */
export function readWholeUpTo(
  request: ClientRequest,
  { has, length }: BodyFraming,
  bytesMax: number,
): Promise<RequestBody | 'aborted' | 'too_large'> | RequestBody | 'too_large' {
  if (!has) return NONE;
  if (length !== null) return length <= bytesMax ? readWhole(request) : 'too_large';
  return readWhole(request, bytesMax);
}

function readWhole(request: ClientRequest): Promise<RequestBody | 'aborted'> | RequestBody;
function readWhole(
  request: ClientRequest,
  bytesMax: number,
): Promise<RequestBody | 'aborted' | 'too_large'> | RequestBody | 'too_large';
function readWhole(
  request: ClientRequest,
  bytesMax = Number.POSITIVE_INFINITY,
): Promise<RequestBody | 'aborted' | 'too_large'> | RequestBody | 'too_large' {
  const whole = request.takeWhole();
  if (whole !== null) return whole.byteLength <= bytesMax ? { kind: 'whole', bytes: whole } : 'too_large';
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
