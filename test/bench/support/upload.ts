import { once } from 'node:events';
import { request } from 'node:http';

const CHUNK = Buffer.alloc(1024 * 1024, 'x');

/** Uploads as many bytes, chunked, as fast as they are taken; resolves when the answer is whole. */
export async function upload(url: string, bytes: number): Promise<number> {
  const sending = request(url, { method: 'POST', headers: { 'transfer-encoding': 'chunked' } });
  const answered = once(sending, 'response');
  for (let sent = 0; sent < bytes; sent += CHUNK.byteLength) {
    if (!sending.write(CHUNK)) await once(sending, 'drain');
  }
  sending.end();
  const [response] = (await answered) as [import('node:http').IncomingMessage];
  response.resume();
  await once(response, 'end');
  return response.statusCode ?? 0;
}
