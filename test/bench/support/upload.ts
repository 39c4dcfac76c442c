import { type IncomingMessage, request } from 'node:http';
import { Readable } from 'node:stream';
import { json } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';

const CHUNK = Buffer.alloc(1024 * 1024, 'x');
/** Far more than the largest upload takes. */
const UPLOAD_MS_MAX = 10 * 60_000;

/**
 * Uploads whole MiB, chunked, as fast as they are taken, to a sink that answers `{bytes}`; resolves once it has them all.
 * @throws Error when the answer is not 200, tells of other bytes, or does not come
 */
export function upload(url: string, bytes: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const headers = { 'transfer-encoding': 'chunked' };
    const sending = request(url, { method: 'POST', headers, signal: AbortSignal.timeout(UPLOAD_MS_MAX) });
    // An answer may come before the upload's end, and decides then.
    sending.on('response', (answer) => {
      confirmed(answer, bytes)
        .then(resolve, reject)
        .finally(() => sending.destroy());
    });
    pipeline(Readable.from(chunks(bytes)), sending).catch(reject);
  });
}

function* chunks(bytes: number): Generator<Buffer> {
  for (let sent = 0; sent < bytes; sent += CHUNK.byteLength) yield CHUNK;
}

async function confirmed(answer: IncomingMessage, sent: number): Promise<void> {
  if (answer.statusCode !== 200) throw new Error(`the upload was answered ${answer.statusCode}`);
  const { bytes } = (await json(answer)) as { readonly bytes: number };
  if (bytes !== sent) throw new Error(`${bytes} of ${sent} bytes came through`);
}
