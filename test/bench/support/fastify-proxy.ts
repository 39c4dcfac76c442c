/** @fastify/http-proxy as its readme has it: `node fastify-proxy.ts UPSTREAM`. */
import httpProxy from '@fastify/http-proxy';
import Fastify from 'fastify';

const server = Fastify();
await server.register(httpProxy, { upstream: process.argv[2] ?? '', undici: { connections: 256, pipelining: 1 } });
console.log(`ready ${await server.listen({ host: '127.0.0.1', port: 0 })}`);
