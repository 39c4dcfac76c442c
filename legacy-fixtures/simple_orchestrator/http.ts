/** The HTTP face of the service: reads the body, finds the route, writes the answer. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { SimpleOrchestrator } from './orchestrator.ts';
import { agentsStatus, deactivate, detail, spawnByRole } from './rest.ts';
import { callRpc, type Reply } from './rpc.ts';

const BODY_BYTES_MAX = 1024 * 1024;

export function createLegacyServer(orchestrator: SimpleOrchestrator): Server {
  return createServer((request, response) => {
    answer(orchestrator, request)
      .catch((error: unknown) => unexpected(error))
      .then((reply) => send(response, reply))
      .catch((error: unknown) => response.destroy(error instanceof Error ? error : undefined));
  });
}

type Call = { readonly orchestrator: SimpleOrchestrator; readonly parameter: string; readonly body: Uint8Array };
type Route = {
  readonly method: string;
  /** Matched on the path as sent; the one group is percent-decoded afterwards. */
  readonly path: RegExp;
  readonly answer: (call: Call) => Reply | Promise<Reply>;
};

const ROUTES: readonly Route[] = [
  { method: 'GET', path: /^\/health$/, answer: () => ({ status: 200, body: { status: 'ok' } }) },
  {
    method: 'POST',
    path: /^\/simple_orchestrator\/([^/]+)$/,
    answer: ({ orchestrator, parameter, body }) => callRpc(orchestrator, parameter, body),
  },
  {
    method: 'POST',
    path: /^\/api\/agents\/spawn\/([^/]+)$/,
    answer: ({ orchestrator, parameter }) => spawnByRole(orchestrator, parameter),
  },
  { method: 'GET', path: /^\/api\/agents\/status$/, answer: ({ orchestrator }) => agentsStatus(orchestrator) },
  { method: 'DELETE', path: /^\/api\/agents\/deactivate$/, answer: ({ orchestrator }) => deactivate(orchestrator) },
];

async function answer(orchestrator: SimpleOrchestrator, request: IncomingMessage): Promise<Reply> {
  const body = await readBody(request);
  if (body === null) return detail(413, 'Request Entity Too Large');
  const path = (request.url ?? '/').split('?', 1)[0] ?? '/';
  const candidates = ROUTES.flatMap((route) => {
    const parameter = parameterOf(route, path);
    return parameter === null ? [] : [{ route, parameter }];
  });
  const found = candidates.find(({ route }) => route.method === request.method);
  if (found === undefined) return noRoute(candidates.map(({ route }) => route.method));
  return found.route.answer({ orchestrator, parameter: found.parameter, body });
}

function noRoute(methodsHere: readonly string[]): Reply {
  if (methodsHere.length === 0) return detail(404, 'Not Found');
  return { ...detail(405, 'Method Not Allowed'), headers: { allow: methodsHere.join(', ') } };
}

/** The whole body, or `null` when it is too long; the rest of a long one is read and thrown away. */
async function readBody(request: IncomingMessage): Promise<Uint8Array | null> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes <= BODY_BYTES_MAX) chunks.push(chunk);
  }
  return bytes > BODY_BYTES_MAX ? null : Buffer.concat(chunks);
}

/** What stands in the route's group, '' for a route without one, `null` when the route does not match. */
function parameterOf(route: Route, path: string): string | null {
  const match = route.path.exec(path);
  if (match === null) return null;
  try {
    return decodeURIComponent(match[1] ?? '');
  } catch {
    return null;
  }
}

function unexpected(error: unknown): Reply {
  process.stderr.write(`simple_orchestrator: ${error instanceof Error ? error.stack : String(error)}\n`);
  return detail(500, 'Internal Server Error');
}

function send(response: ServerResponse, reply: Reply): void {
  if (response.destroyed) return;
  const body = Buffer.from(JSON.stringify(reply.body));
  response.writeHead(reply.status, {
    'content-type': 'application/json',
    'content-length': body.length,
    ...reply.headers,
  });
  response.end(body);
}
