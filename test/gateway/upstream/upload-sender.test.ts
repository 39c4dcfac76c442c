import type { Socket } from 'node:net';
import { PassThrough } from 'node:stream';
import { expect, it } from 'vitest';
import type { ClientRequest } from '../../../src/gateway/client-request.ts';
import { Upload } from '../../../src/gateway/upload.ts';
import { Exchange } from '../../../src/gateway/upstream/exchange.ts';
import { UploadSender } from '../../../src/gateway/upstream/upload-sender.ts';

it('holds a body back until it is asked for, although the connection has room before', async () => {
  const client = new PassThrough();
  const upload = new Upload(client as unknown as ClientRequest, { bytesMax: 100, copyBytesMax: 0 });
  const socket = new PassThrough();
  let sent = '';
  socket.on('data', (chunk: Buffer) => {
    sent += String(chunk);
  });
  const request = { method: 'POST', target: '/', headers: [], body: upload, expectsContinue: true };
  const ignored = () => undefined;
  const exchange = new Exchange({ head: ignored, data: ignored, end: ignored, failed: ignored }, upload);
  const sender = new UploadSender(socket as unknown as Socket, upload, {
    request,
    exchange,
    chunked: true,
    failed: ignored,
  });
  client.end('the body');
  sender.drained();
  await new Promise(setImmediate);
  expect(sender.asked()).toBe(true);
  await expect.poll(() => sent).toBe('8\r\nthe body\r\n0\r\n\r\n');
  expect(sender.done).toBe(true);
});
