/**
 * The least that forwards calls from node:http to an upstream through undici: `node bare-undici.ts UPSTREAM`, prints
 * `ready URL`. It checks nothing, limits nothing, rewrites no header and survives no fault: what a gateway does
 * besides is the difference to this.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Pool } from 'undici';

const pool = new Pool(process.argv[2] ?? '', { connections: 256, pipelining: 1 });

const server = createServer((request, response) => {
  const { method = 'GET', url = '/', headers } = request;
  const { connection: _, ...kept } = headers;
  const body = 'content-length' in headers || 'transfer-encoding' in headers ? request : null;
  pool.dispatch(
    { method, path: url, headers: kept, body },
    {
      onRequestStart: () => undefined,
      onResponseStart: (_controller, status, answerHeaders) => void response.writeHead(status, answerHeaders),
      onResponseData: (controller, chunk) => {
        if (response.write(chunk)) return;
        controller.pause();
        response.once('drain', () => controller.resume());
      },
      onResponseEnd: () => void response.end(),
      onResponseError: () => void response.destroy(),
    },
  );
});
server.listen(0, '127.0.0.1', () => console.log(`ready http://127.0.0.1:${(server.address() as AddressInfo).port}`));
