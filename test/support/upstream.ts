import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import { createServer as createSecureServer, type ServerOptions } from 'node:https';
import type { AddressInfo } from 'node:net';

/** A request as an upstream saw it. */
export type Seen = {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly rawHeaders: readonly string[];
  readonly body: string;
  readonly bytes: Buffer;
};

export type Upstream = {
  readonly url: string;
  /** In the order in which they ended. */
  readonly seen: readonly Seen[];
  /** Replaces what it answers. */
  answer: (listener: Answer) => void;
  readonly server: Server;
  readonly close: () => Promise<void>;
};

export type Answer = (request: Seen, response: ServerResponse) => void;

export type UpstreamOptions = {
  /** Of the file system, instead of a port. */
  readonly socketPath?: string;
  readonly tls?: ServerOptions;
};

/** An HTTP service on a free port that remembers what it was asked. */
export async function startUpstream(first: Answer, { socketPath, tls }: UpstreamOptions = {}): Promise<Upstream> {
  const seen: Seen[] = [];
  let answer = first;
  const listener: RequestListener = (request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { method = '', url = '', headers, rawHeaders } = request;
      const bytes = Buffer.concat(chunks);
      const entry = { method, url, headers, rawHeaders, body: bytes.toString(), bytes };
      seen.push(entry);
      answer(entry, response);
    });
    request.on('error', () => undefined); // a client that leaves in the middle is part of some tests
  };
  const server = tls === undefined ? createServer(listener) : createSecureServer(tls, listener);
  const at = socketPath === undefined ? { port: 0, host: '127.0.0.1' } : { path: socketPath };
  await new Promise<void>((resolve) => server.listen(at, resolve));
  const { port } = server.address() as AddressInfo;
  const origin = `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`;
  return {
    url: socketPath === undefined ? origin : `unix:${socketPath}`,
    seen,
    answer: (next) => {
      answer = next;
    },
    server,
    close: async () => {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

export function json(response: ServerResponse, value: unknown, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(value));
}

/** An address on which nothing listens. */
export async function unusedAddress(): Promise<string> {
  const upstream = await startUpstream(() => undefined);
  await upstream.close();
  return upstream.url;
}
