/** An HTTP service for benchmarks, in a process of its own: `node candidate.ts MODE`, prints `ready URL`. */
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

const BODY = JSON.stringify({
  id: 7,
  total: 120.5,
  lines: [
    { sku: 'a', n: 1 },
    { sku: 'b', n: 2 },
  ],
});
const CHUNK = Buffer.alloc(1 << 16);
const GIGABYTE_CHUNKS = (1 << 30) / CHUNK.byteLength;

const MODES: Readonly<Record<string, (response: ServerResponse) => void>> = {
  answers: (response) => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': BODY.length });
    response.end(BODY);
  },
  hangs: () => undefined,
  'sends 1 GB': (response) => {
    let left = GIGABYTE_CHUNKS;
    const write = () => {
      while (left > 0 && !response.destroyed) {
        left -= 1;
        if (!response.write(CHUNK)) {
          response.once('drain', write);
          return;
        }
      }
      response.end();
    };
    write();
  },
};

const answer = MODES[process.argv[2] ?? ''];
if (answer === undefined) throw new Error(`expected one of ${Object.keys(MODES).join(', ')}`);
const server = createServer((request, response) => {
  request.resume();
  request.on('end', () => answer(response));
});
server.listen(0, '127.0.0.1', () => console.log(`ready http://127.0.0.1:${(server.address() as AddressInfo).port}`));
