/** The HTTP server below the routes: what it takes, and how it speaks where no route does. */
import Fastify, {
  type FastifyBaseLogger,
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  LogController,
} from 'fastify';
import { detail, INTERNAL_ERROR, NOT_FOUND, TOO_LARGE } from '../../adapters/support/rest.ts';
import type { Reply } from '../contract/adapter.ts';

/** As much as the legacy services take. */
const BODY_BYTES_MAX = 1024 * 1024;

export function createApp(logger: FastifyBaseLogger | undefined): FastifyInstance {
  const app = Fastify({
    ...(logger === undefined ? {} : { loggerInstance: logger }),
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: BODY_BYTES_MAX,
    // A closing host drops idle connections at once and lets the others end their call.
    forceCloseConnections: 'idle',
    // A path that cannot be percent-decoded is no route of anybody's.
    frameworkErrors: (_error, _request, reply) => void send(reply, NOT_FOUND),
  });
  // Adapters read the body themselves: whether it is JSON, and what to say when not, is part of their contract.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  // Fastify answers 415 to a content type that is malformed; legacy does not look at it.
  app.addHook('onRequest', async (request) => {
    if (request.headers['content-type'] !== undefined) request.headers['content-type'] = 'application/octet-stream';
  });
  endConnectionsOnClose(app);
  app.setErrorHandler<FastifyError>((error, request, reply) => send(reply, replyTo(error, request)));
  return app;
}

/** What is answered while the host closes tells the client so; else its idle connection would hold the host up. */
function endConnectionsOnClose(app: FastifyInstance): void {
  let isClosing = false;
  app.addHook('preClose', async () => {
    isClosing = true;
  });
  app.addHook('onSend', async (_request, reply) => {
    if (isClosing) reply.header('connection', 'close');
  });
}

export function send(reply: FastifyReply, { status, body, headers = {} }: Reply): FastifyReply {
  // As a buffer, because Fastify adds a charset to texts and legacy sends none.
  return reply
    .code(status)
    .headers({ ...headers, 'content-type': 'application/json' })
    .send(Buffer.from(JSON.stringify(body)));
}

/** What Fastify itself refuses: a body that is too long or breaks off. */
function replyTo(error: FastifyError, request: FastifyRequest): Reply {
  const status = error.statusCode ?? 500;
  if (status === 413) return TOO_LARGE;
  if (status < 500) return detail(status, error.message);
  request.log.error(error, 'a request failed');
  return INTERNAL_ERROR;
}
