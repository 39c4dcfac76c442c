/** http-proxy as its readme has it, with an agent that keeps connections: `node old-http-proxy.ts UPSTREAM`. */
import { Agent, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import proxies from 'http-proxy';

const proxy = proxies.createProxyServer({
  target: process.argv[2] ?? '',
  xfwd: true,
  agent: new Agent({ keepAlive: true, maxSockets: 256 }),
});
const server = createServer((request, response) => proxy.web(request, response));
server.listen(0, '127.0.0.1', () => console.log(`ready http://127.0.0.1:${(server.address() as AddressInfo).port}`));
