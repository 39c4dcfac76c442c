import { describe, expect, it } from 'vitest';
import { serve } from '../../support/http-server.ts';
import { startSink } from './reference-proxies.ts';
import { upload } from './upload.ts';

const MIB = 1024 * 1024;

describe('an upload', () => {
  it('is done when the sink has every byte', async () => {
    const sink = await startSink();
    try {
      await expect(upload(sink.url, 3 * MIB)).resolves.toBeUndefined();
    } finally {
      await sink.stop();
    }
  });

  it('fails with an answer other than 200', async () => {
    const url = await serve((request, response) => request.resume().on('end', () => response.writeHead(502).end()));
    await expect(upload(url, MIB)).rejects.toThrow('the upload was answered 502');
  });

  it('fails when the sink has other bytes than were sent', async () => {
    const url = await serve((request, response) => request.resume().on('end', () => response.end('{"bytes":7}')));
    await expect(upload(url, MIB)).rejects.toThrow(`7 of ${MIB} bytes came through`);
  });

  it('fails with an answer that comes before its end', async () => {
    const url = await serve((_request, response) => void response.writeHead(413).end());
    await expect(upload(url, 64 * MIB)).rejects.toThrow('the upload was answered 413');
  });

  it('fails when its connection breaks', async () => {
    const url = await serve((request) => request.once('data', () => request.destroy()));
    await expect(upload(url, 64 * MIB)).rejects.toThrow(/ECONNRESET|EPIPE|socket hang up/);
  });
});
