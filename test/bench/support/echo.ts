/** Answers each call with its own body: `node echo.ts`, prints `ready URL`. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

const server = createServer((request, response) => {
  response.writeHead(200, { 'content-type': 'application/octet-stream' });
  request.pipe(response);
});
server.listen(0, '127.0.0.1', () => console.log(`ready http://127.0.0.1:${(server.address() as AddressInfo).port}`));
