import {
  brotliDecompressSync,
  constants,
  gunzipSync,
  inflateRawSync,
  inflateSync,
  zstdDecompressSync,
} from 'node:zlib';
import type { RawHeaders } from '../../src/contract/calls.ts';
import { GiveUp } from './limits.ts';

/** A body after its content-encoding is undone, or the encoding that it claims and does not follow. */
export type Decoded =
  | { readonly ok: true; readonly bytes: Uint8Array }
  | { readonly ok: false; readonly encoding: string };

/** Encodings on top of each other that are undone; a longer list is no answer that a service gives. */
const LAYERS_MAX = 3;
/** RFC 9659 §3: a zstd content-encoding must not need a window of more than 8 MB. */
const ZSTD_WINDOW_LOG_MAX = 23;

const DECODERS: ReadonlyMap<string, (body: Uint8Array, maxOutputLength: number) => Uint8Array> = new Map([
  ['gzip', (body, maxOutputLength) => gunzipSync(body, { maxOutputLength })],
  ['x-gzip', (body, maxOutputLength) => gunzipSync(body, { maxOutputLength })],
  [
    'deflate',
    (body, maxOutputLength) => (hasZlibHeader(body) ? inflateSync : inflateRawSync)(body, { maxOutputLength }),
  ],
  ['br', (body, maxOutputLength) => brotliDecompressSync(body, { maxOutputLength })],
  [
    'zstd',
    (body, maxOutputLength) =>
      zstdDecompressSync(body, { maxOutputLength, params: { [constants.ZSTD_d_windowLogMax]: ZSTD_WINDOW_LOG_MAX } }),
  ],
]);

/**
 * Undoes the content-encoding (RFC 9110 §8.4), never making more than `bytesMax` bytes.
 * @throws GiveUp `decoded_too_large`, `unknown_encoding`
 */
export function decode(body: Uint8Array, encodings: readonly string[], bytesMax: number): Decoded {
  if (encodings.length > LAYERS_MAX) throw new GiveUp('unknown_encoding');
  let bytes = body;
  // An answer to HEAD names the encoding of a body that it does not have.
  if (body.byteLength > 0) {
    for (const encoding of encodings.toReversed()) {
      const decoded = undo(bytes, encoding, bytesMax);
      if (decoded === null) return { ok: false, encoding };
      bytes = decoded;
    }
  }
  if (bytes.byteLength > bytesMax) throw new GiveUp('decoded_too_large');
  return { ok: true, bytes };
}

/** The content-encodings of a message in the order they were applied, lower case, without `identity`. */
export function contentEncodings(headers: RawHeaders): readonly string[] {
  const encodings: string[] = [];
  for (let index = 0; index < headers.length; index += 2) {
    if (headers[index]?.toLowerCase() === 'content-encoding') encodings.push(...(headers[index + 1] ?? '').split(','));
  }
  return encodings
    .map((encoding) => encoding.trim().toLowerCase())
    .filter((encoding) => encoding !== '' && encoding !== 'identity');
}

/** `null`: the bytes do not follow the encoding. */
function undo(bytes: Uint8Array, encoding: string, bytesMax: number): Uint8Array | null {
  const decoder = DECODERS.get(encoding);
  if (decoder === undefined) throw new GiveUp('unknown_encoding');
  try {
    return decoder(bytes, bytesMax);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw new GiveUp('decoded_too_large');
    return null;
  }
}

/** RFC 1950 §2.2. Some services send deflate without it (RFC 9110 §8.4.1.2). */
function hasZlibHeader(body: Uint8Array): boolean {
  const [method = 0, flags = 0] = body;
  return (method & 0x0f) === 8 && (method * 256 + flags) % 31 === 0;
}
